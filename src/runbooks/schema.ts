import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { choice, itemsOf, object, range, says, text, texts } from '../config/schema-parts.ts';
import { PHASES, SEVERITIES, SYSTEMS } from '../model/check-words.ts';

/** What ids are made of; as many characters as the tables hold. */
const id = (description: string) =>
  text(description).check(
    z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, {
      error: says("can't be an id", 'use up to 64 small letters, digits, dots and dashes'),
    }),
  );

const flag = (description: string) =>
  z.optional(
    z
      .boolean({ error: says('must be true or false', 'write true or false without quotes') })
      .check(z.describe(description)),
  );

const checks = object(
  {
    ids: z.optional(texts('the id of a check', '["sync/columns"]').check(z.describe('Checks by their ids.'))),
    system: z.optional(choice(SYSTEMS, 'All checks of this system.')),
    phases: z.optional(
      itemsOf(choice(PHASES, 'A phase.'), '["pre"]').check(
        z.minLength(1, { error: says('is empty', 'name a phase, or leave the key out') }),
        z.describe('Of them those of these phases.'),
      ),
    ),
    logs: flag('Whether every log of the config is looked at as well (checks.logs). Default: false.'),
    severity: z.optional(
      choice(
        SEVERITIES,
        'A violation of this severity or a graver one fails the step. Default: error; with ids: info.',
      ),
    ),
  },
  'an object with ids, or with system and phases, or with logs',
).check(
  z.refine(
    ({ ids, system, phases, logs }) =>
      ids !== undefined || system !== undefined || phases !== undefined || logs === true,
    {
      error: says(
        'must name ids, or a system or phases, or logs',
        'write {"ids": ["sync/columns"]}, {"phases": ["pre"]} or {"logs": true}',
      ),
    },
  ),
  z.refine(({ ids, system, phases }) => ids === undefined || (system === undefined && phases === undefined), {
    error: says('names checks by ids and by system or phases', 'leave ids out, or system and phases'),
  }),
);

const change = object(
  {
    id: text('The id of a change: apptop change list shows them.'),
    action: choice(
      ['plan', 'run', 'drill'],
      'plan: only say what would happen. run: do it, confirmed by a person. drill: rehearse it and its way back in a place of its own, which is gone again after.',
    ),
    parameters: z.optional(
      z
        .record(z.string(), z.unknown(), { error: says('must be an object', 'write {"batchSize": 50}') })
        .check(z.describe('What the change is told.')),
    ),
  },
  'an object with id and action',
);

const command = object(
  {
    command: texts('a text', '["sh", "deploy.sh"]').check(
      z.describe('A program and its arguments, run without a shell in the folder of this file. It must end with 0.'),
    ),
    timeoutSeconds: z.optional(range(1, 86_400, 'Seconds until it is stopped. Default: 600.')),
  },
  'an object with command',
);

const wait = object(
  {
    hours: z.optional(range(0, 10_000, 'Hours since the steps that it needs were done.')),
    forMonitorWindow: z.optional(
      z
        .literal(true, { error: says('must be true', 'write {"forMonitorWindow": true}') })
        .check(z.describe('Until the monitor window of the move of the booking ids is over.')),
    ),
  },
  'an object with hours or forMonitorWindow',
).check(
  z.refine(({ hours, forMonitorWindow }) => (hours === undefined) !== (forMonitorWindow === undefined), {
    error: says('must have one of hours and forMonitorWindow', 'write {"hours": 24} or {"forMonitorWindow": true}'),
  }),
);

const KINDS = ['check', 'change', 'backup', 'command', 'wait', 'manual'] as const;

const step = object(
  {
    id: id('Its id in this runbook.'),
    title: text('What is done, as an imperative.'),
    why: z.optional(text('Why it matters.')),
    needs: z.optional(
      z
        .array(text('The id of a step.'), { error: says('must be a list', 'write ["backup"]') })
        .check(z.describe('Steps that must be done before. Default: the last one before it that is not optional.')),
    ),
    optional: flag('Whether it may be skipped. Default: false.'),
    note: z.optional(choice(['required'], 'Whether whoever does it has to write something down.')),
    check: z.optional(checks.check(z.describe('Checks that must pass.'))),
    change: z.optional(change.check(z.describe('A guarded change.'))),
    backup: z.optional(object({}).check(z.describe('A backup that is proven, as the config says.'))),
    command: z.optional(command.check(z.describe('A program that must end with 0.'))),
    wait: z.optional(wait.check(z.describe('A time that must pass.'))),
    manual: z.optional(
      object({
        instructions: texts('a text', '["Open the calendar."]').check(z.describe('What a person does, a line each.')),
        logs: flag('Whether every log of the config is looked at when it is ticked (checks.logs). Default: false.'),
      }).check(z.describe('What only a person can do or know: ticked with a name.')),
    ),
  },
  'an object with id, title and one of check, change, backup, command, wait and manual',
).check(
  z.refine((one) => KINDS.filter((kind) => one[kind] !== undefined).length === 1, {
    error: says(`must have exactly one of ${KINDS.join(', ')}`, 'keep one of them'),
  }),
);

const phase = object(
  {
    id: id('Its id in this runbook.'),
    title: text('What the phase is for.'),
    steps: itemsOf(step, '[{"id": …, "title": …}]').check(
      z.minLength(1, { error: says('is empty', 'write a step, or leave the phase out') }),
      z.describe('In the order in which they are done.'),
    ),
  },
  'an object with id, title and steps',
);

const stop = object(
  {
    id: id('Its id in this runbook.'),
    title: text('What must not be.'),
    checks: z.optional(
      texts('the id of a check', '["booking-ids/conservation"]').check(
        z.describe('It holds when one of these checks fails.'),
      ),
    ),
    steps: z.optional(
      texts('the id of a step', '["move"]').check(z.describe('It holds when one of these steps has failed.')),
    ),
    person: flag('Only a person can tell: apptop runbook stop.'),
  },
  'an object with id, title and one of checks, steps and person',
).check(
  z.refine(({ checks, steps, person }) => checks !== undefined || steps !== undefined || person === true, {
    error: says('says not when it holds', 'write checks, steps or "person": true'),
  }),
);

const metric = object(
  {
    title: text('What success means.'),
    check: z.optional(text('The id of the check that says so.')),
    step: z.optional(text('The id of the step that a person answers for.')),
  },
  'an object with title and check or step',
).check(
  z.refine(({ check, step }) => (check === undefined) !== (step === undefined), {
    error: says('must have one of check and step', 'keep one of them'),
  }),
);

const signOff = object(
  {
    role: text('Who signs: operator, reviewer.').check(
      z.maxLength(64, { error: says('is longer than 64 characters', 'write a shorter one') }),
    ),
    statement: text('What they say by it.'),
  },
  'an object with role and statement',
);

/** A runbook's file. Every key is described: the descriptions are the JSON Schema's. */
export const runbookSchema = object(
  {
    $schema: z.optional(text('The JSON Schema of this file, for editors.')),
    version: z.literal(1, { error: says('must be 1', 'write 1') }).check(z.describe('Of this form: 1.')),
    id: id('By which commands name it.'),
    title: text('Its name for people.'),
    purpose: text('What it is for, in a sentence.'),
    environments: z.optional(
      itemsOf(choice(['production', 'staging', 'local'], 'An environment.'), '["staging", "local"]').check(
        z.minLength(1, { error: says('is empty', 'name an environment, or leave the key out') }),
        z.describe('Where it may be carried out. Default: everywhere.'),
      ),
    ),
    phases: itemsOf(phase, '[{"id": …, "title": …, "steps": […]}]').check(
      z.minLength(1, { error: says('is empty', 'write a phase') }),
      z.describe('In the order in which they are done.'),
    ),
    stop: z.optional(
      itemsOf(stop, '[{"id": …, "title": …, "checks": […]}]').check(
        z.describe('Conditions that stop the run until a person decides.'),
      ),
    ),
    metrics: z.optional(
      itemsOf(metric, '[{"title": …, "check": …}]').check(z.describe('What must hold for the run to be a success.')),
    ),
    signOff: z.optional(
      itemsOf(signOff, '[{"role": …, "statement": …}]').check(z.describe('Who has to sign, and what they say by it.')),
    ),
  },
  'an object with version, id, title, purpose and phases',
);

export type RunbookFile = z.infer<typeof runbookSchema>;
export type StepFile = RunbookFile['phases'][number]['steps'][number];
