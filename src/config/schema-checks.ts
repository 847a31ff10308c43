import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { PHASES, SEVERITIES } from '../model/check-words.ts';
import type { Metric } from './metrics.ts';
import { choice, itemsOf, object, range, says, text, texts } from './schema-parts.ts';

export const flags = z.union(
  [
    object({ file: text("Path of the application's .env file.") }),
    object({
      command: texts('a text', '["ssh", "app", "env"]').check(
        z.describe('A program and its arguments, run without a shell, that prints NAME=value lines within 10 s.'),
      ),
    }),
  ],
  {
    error: says(
      'must be an object with file or command',
      'write {"file": ".env"} or {"command": ["ssh", "app", "env"]}',
    ),
  },
);

export const codeWrites = z.record(z.string(), texts('a column', '["status", "starts_at"]'), {
  error: says('must be an object', 'write {"appointments": ["status", "starts_at"]}'),
});

/** `{}` says that the database gets the hotfix under its usual names. */
export const hotfix = object({
  indexes: z.optional(
    texts('a name', '["idx_appointments_call_id"]').check(z.describe('Indexes that the appointments table must have.')),
  ),
  migrations: z.optional(
    texts('a name', '["2025_10_18_000001_optimize"]').check(
      z.describe("Names that Laravel's migrations table must hold: its files without .php."),
    ),
  ),
});

export const timedQuery = object(
  {
    name: text('What the results call it.'),
    sql: text('One reading statement. The server refuses a write.'),
    maxMs: z.optional(range(1, 3_600_000, 'Milliseconds that it may take, with its way to the server. Default: 100.')),
  },
  'an object with name and sql',
);

const metric = (description: string) =>
  z.optional(
    z
      .union(
        [
          object({ sql: text('One SELECT that returns one number. The server refuses a write.') }),
          object({ file: text('Path of a file: the figure is the first number of its last line that is not empty.') }),
          object({
            command: texts('a text', '["ssh", "app", "cascades"]').check(
              z.describe(
                'A program and its arguments, run without a shell for at most 10 s. The figure is the first number of the last line that it prints.',
              ),
            ),
          }),
        ],
        {
          error: says(
            'must be an object with sql, file or command',
            'write {"sql": "SELECT …"}, {"file": "path"} or {"command": ["program", "word"]}',
          ),
        },
      )
      .check(z.describe(description)),
  );

export const metrics = object({
  webhookCascades: metric('Webhook cascades in a time of your choice, for event-correlation/webhook-cascades.'),
  processingSeconds: metric('Average seconds that a webhook takes, for event-correlation/processing-time.'),
} satisfies Record<Metric, unknown>);

/** A regular expression, in JavaScript's words. */
function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source !== '';
  } catch {
    return false;
  }
}

const ownFacts = {
  name: text('The second half of its id: own/NAME.').check(
    z.regex(/^[a-z0-9][a-z0-9._-]*$/i, { error: says("can't be a name", 'use letters, digits, dots and dashes') }),
  ),
  title: z.optional(text('What holds when it passes.')),
  severity: z.optional(choice(SEVERITIES, 'What a violation means. Default: error.')),
  phases: z.optional(
    itemsOf(choice(PHASES, 'A phase.'), '["monitor"]').check(z.describe('When it is run. Default: monitor.')),
  ),
  remedy: z.optional(text('What to do when it fails.')),
};
const timeoutSeconds = z.optional(range(1, 600, 'Seconds until it is given up. Default: 10.'));

export const ownChecks = object({
  folder: z.optional(text('A folder of .sql files, one SELECT each that returns the violating rows.')),
  http: z.optional(
    itemsOf(
      object({
        ...ownFacts,
        url: text('The address that must answer.'),
        status: z.optional(range(100, 599, 'The status that it must answer with. Default: 200.', true)),
        contains: z.optional(text("What the answer's text must contain.")),
        timeoutSeconds,
      }),
      '[{"name": …, "url": …}]',
    ).check(z.describe('HTTP addresses that must answer.')),
  ),
  commands: z.optional(
    itemsOf(
      object({
        ...ownFacts,
        command: texts('a text', '["program", "word"]').check(z.describe('Program and words; no shell.')),
        timeoutSeconds,
      }),
      '[{"name": …, "command": ["program"]}]',
    ).check(z.describe('Commands that must end with 0.')),
  ),
  logs: z.optional(
    itemsOf(
      object({
        ...ownFacts,
        file: text('The log file.'),
        pattern: text('A regular expression for one line.').check(
          z.refine(isPattern, { error: says('is no regular expression', 'write one as JavaScript understands it') }),
        ),
        minutes: range(1, 100_000, 'How far back to look, by the times that the lines begin with.', true),
        atMost: z.optional(range(0, 1_000_000_000, 'Lines that may match. Default: 0.', true)),
      }),
      '[{"name": …, "file": …, "pattern": …, "minutes": …}]',
    ).check(z.describe('Patterns that may stand in a log only so often.')),
  ),
});

export const notify = object({
  command: z.optional(
    texts('a text', '["notify-send", "apptop"]').check(
      z.describe(
        'A program and its arguments, run without a shell for at most 30 s, with a JSON document as its input.',
      ),
    ),
  ),
  webhook: z.optional(text('An address that is sent the same JSON document by POST, within 10 s: https://…')),
});

const program = (example: string) =>
  texts('a text', example).check(
    z.describe('A program and its arguments, run without a shell for at most 600 s. It may be run twice.'),
  );

export const rollback = object({
  flags: z.optional(
    z
      .union(
        [
          object({
            file: text("Path of the application's .env file."),
            set: z
              .record(
                z
                  .string()
                  .check(
                    z.regex(/^[A-Za-z_][\w.]*$/, { error: says('is no name of a flag', 'use letters, digits and _') }),
                  ),
                z
                  .string({ error: says('must be text', 'write "false"') })
                  .check(
                    z.regex(/^[\w.:/-]*$/, { error: says('is no plain word', 'use letters, digits and _ . : / -') }),
                  ),
                { error: says('must be an object', 'write {"USE_UUID_CORRELATION_SYNC": "false"}') },
              )
              .check(z.describe('Names of flags with the values that switch them off.')),
          }),
          object({ command: program('["ssh", "app", "flags-off"]') }),
        ],
        {
          error: says(
            'must be an object with file and set, or with command',
            'write {"file": ".env", "set": {"FLAG": "false"}} or {"command": ["program"]}',
          ),
        },
      )
      .check(z.describe('Level 1: how the feature flags are switched off.')),
  ),
  code: z.optional(
    z
      .union(
        [
          object({ command: program('["sh", "deploy.sh", "previous"]') }),
          object({
            steps: texts('a text', '["git revert …", "deploy"]').check(z.describe('What people do, in order.')),
          }),
        ],
        {
          error: says('must be an object with command or steps', 'write {"command": ["program"]} or {"steps": ["…"]}'),
        },
      )
      .check(z.describe('Level 2: how the code of before is brought back.')),
  ),
});
