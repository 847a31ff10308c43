import type { ChangeKind } from '../changes/change.ts';
import type { Context } from '../config/context.ts';
import { heldAgainst } from '../config/file.ts';
import { maskWords } from '../config/mask.ts';
import type { Phase as CheckPhase, Severity, System } from '../model/check-words.ts';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import { type RunbookFile, runbookSchema, type StepFile } from './schema.ts';

/** What is done in a step. */
export type Work =
  | {
      readonly kind: 'check';
      readonly ids: readonly string[] | undefined;
      readonly system: System | undefined;
      readonly phases: readonly CheckPhase[] | undefined;
      /** Whether it looks at every log of the config too. */
      readonly logs: boolean;
      readonly severity: Severity;
    }
  | {
      readonly kind: 'change';
      readonly change: string;
      readonly action: 'plan' | 'run' | 'drill';
      readonly parameters: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'backup' }
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly timeoutSeconds: number }
  | { readonly kind: 'wait'; readonly hours: number | 'monitor-window' }
  | { readonly kind: 'manual'; readonly instructions: readonly string[]; readonly logs: boolean };

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly why: string | undefined;
  /** Ids of the steps that must be done before it. */
  readonly needs: readonly string[];
  readonly optional: boolean;
  /** Whether whoever does it has to write something down. */
  readonly noteRequired: boolean;
  readonly work: Work;
}

export interface RunbookPhase {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

/** What stops a run until a person decides: checks that fail, steps that failed, or a person's word. */
export interface StopCondition {
  readonly id: string;
  readonly title: string;
  readonly checks: readonly string[];
  readonly steps: readonly string[];
  /** Whether only a person can tell. */
  readonly person: boolean;
}

/** What must hold for a run to be a success: a check that passes, or a step that is done. */
export interface Metric {
  readonly title: string;
  readonly check: string | undefined;
  readonly step: string | undefined;
}

export interface SignOff {
  readonly role: string;
  readonly statement: string;
}

/** A ceremony as its file says it. */
export interface Runbook {
  readonly id: string;
  readonly title: string;
  readonly purpose: string;
  /** Where it may be carried out; undefined means everywhere. */
  readonly environments: readonly Context['environment'][] | undefined;
  readonly phases: readonly RunbookPhase[];
  readonly stop: readonly StopCondition[];
  readonly metrics: readonly Metric[];
  readonly signOff: readonly SignOff[];
  /** How messages call its file. */
  readonly place: string;
  /** Where its commands run. */
  readonly folder: string;
  /** The whole of it as JSON, for the run that it begins, without secrets in its commands. */
  readonly definition: string;
  /** Over the whole of it. */
  readonly digest: string;
}

export const stepsOf = ({ phases }: Pick<Runbook, 'phases'>): readonly Step[] => phases.flatMap(({ steps }) => steps);

const TIMEOUT_SECONDS = 600;

function workOf({ check, change, command, wait, manual }: StepFile): Work {
  if (check !== undefined) {
    const severity = check.severity ?? (check.ids === undefined ? 'error' : 'info');
    const { ids, system, phases, logs = false } = check;
    return { kind: 'check', ids, system, phases, logs, severity };
  }
  if (change !== undefined) {
    return { kind: 'change', change: change.id, action: change.action, parameters: change.parameters ?? {} };
  }
  if (command !== undefined) {
    return { kind: 'command', command: command.command, timeoutSeconds: command.timeoutSeconds ?? TIMEOUT_SECONDS };
  }
  if (wait !== undefined) return { kind: 'wait', hours: wait.hours ?? 'monitor-window' };
  if (manual === undefined) return { kind: 'backup' };
  return { kind: 'manual', instructions: manual.instructions, logs: manual.logs ?? false };
}

/** Says what is wrong at a place of the file. */
type Wrong = (place: string, what: string, remedy: string) => Problem;

const unknownWord = (wrong: Wrong, place: string, what: string, word: string, words: readonly string[]): Problem => {
  const near = nearest(word, words);
  return wrong(
    place,
    `there is no ${what} "${word}"`,
    near === undefined ? `there are ${words.join(', ')}` : `did you mean ${near}?`,
  );
};

interface Placed<Item> {
  readonly item: Item;
  readonly place: string;
}

function refuseTwins(wrong: Wrong, what: string, ids: readonly Placed<string>[]): void {
  const seen = new Map<string, string>();
  for (const { item, place } of ids) {
    const before = seen.get(item);
    if (before !== undefined) {
      throw wrong(place, `the ${what} "${item}" is there twice`, `${before} has it too: give one of them another id`);
    }
    seen.set(item, place);
  }
}

const placedSteps = ({ phases }: RunbookFile): readonly Placed<StepFile>[] =>
  phases.flatMap(({ steps }, phase) =>
    steps.map((item, index) => ({ item, place: `phases[${phase}].steps[${index}]` })),
  );

/** The steps that each one needs: as the file says, else the last one before it that is not optional. */
function needsOf(steps: readonly Placed<StepFile>[]): ReadonlyMap<string, readonly string[]> {
  let before: string | undefined;
  const needs = new Map<string, readonly string[]>();
  for (const { item } of steps) {
    needs.set(item.id, item.needs ?? (before === undefined ? [] : [before]));
    if (item.optional !== true) before = item.id;
  }
  return needs;
}

/** Steps that need one another, as a way that ends where it begins; undefined where there is none. */
function circle(needs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const need of needs.get(id) ?? []) {
      const found = visit(need, [...way, id]);
      if (found !== undefined) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const found = visit(id, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a schema can't say: that ids are there once, and that words name something that is there. */
function verifyWithin(file: RunbookFile, wrong: Wrong): ReadonlyMap<string, readonly string[]> {
  const steps = placedSteps(file);
  const ids = steps.map(({ item }) => item.id);
  const { phases, stop = [], metrics = [], signOff = [] } = file;
  refuseTwins(
    wrong,
    'step',
    steps.map(({ item, place }) => ({ item: item.id, place: `${place}.id` })),
  );
  refuseTwins(
    wrong,
    'phase',
    phases.map((item, index) => ({ item: item.id, place: `phases[${index}].id` })),
  );
  refuseTwins(
    wrong,
    'stop condition',
    stop.map((item, index) => ({ item: item.id, place: `stop[${index}].id` })),
  );
  refuseTwins(
    wrong,
    'role',
    signOff.map((item, index) => ({ item: item.role, place: `signOff[${index}].role` })),
  );
  const named = [
    ...steps.flatMap(({ item, place }) =>
      (item.needs ?? []).map((need, index) => ({ item: need, place: `${place}.needs[${index}]` })),
    ),
    ...stop.flatMap((item, index) =>
      (item.steps ?? []).map((one, at) => ({ item: one, place: `stop[${index}].steps[${at}]` })),
    ),
    ...metrics.flatMap((item, index) =>
      item.step === undefined ? [] : [{ item: item.step, place: `metrics[${index}].step` }],
    ),
  ];
  for (const { item, place } of named) {
    if (!ids.includes(item)) throw unknownWord(wrong, place, 'step', item, ids);
  }
  const needs = needsOf(steps);
  const turning = circle(needs);
  if (turning !== undefined) {
    const place = steps.find(({ item }) => item.id === turning[0])?.place ?? 'phases';
    throw wrong(`${place}.needs`, `the steps need one another: ${turning.join(' → ')}`, 'take one of these needs away');
  }
  return needs;
}

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string');

async function digestOf(text: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * A runbook from the text of its file.
 * @param place how messages call the file
 * @param folder where its commands run
 * @throws Problem config: the first thing that is wrong, with its place in the file and what was expected
 */
export async function readRunbook(text: string, place: string, folder: string): Promise<Runbook> {
  const file = await heldAgainst(runbookSchema, text, place, 'see runbook.schema.json');
  const wrong: Wrong = (at, what, remedy) => new Problem('config', `${place}: ${at}: ${what}`, remedy);
  const needs = verifyWithin(file, wrong);
  const { $schema: _, ...content } = file;
  const definition = JSON.stringify(content, (name, value: unknown) =>
    name === 'command' && isWords(value) ? maskWords(value) : value,
  );
  return {
    id: file.id,
    title: file.title,
    purpose: file.purpose,
    environments: file.environments,
    phases: file.phases.map((phase) => ({
      ...phase,
      steps: phase.steps.map((step) => ({
        id: step.id,
        title: step.title,
        why: step.why,
        needs: needs.get(step.id) ?? [],
        optional: step.optional === true,
        noteRequired: step.note === 'required',
        work: workOf(step),
      })),
    })),
    stop: (file.stop ?? []).map(({ id, title, checks = [], steps = [], person = false }) => ({
      id,
      title,
      checks,
      steps,
      person,
    })),
    metrics: (file.metrics ?? []).map(({ title, check, step }) => ({ title, check, step })),
    signOff: file.signOff ?? [],
    place,
    folder,
    definition,
    digest: await digestOf(JSON.stringify(content)),
  };
}

/**
 * Holds the checks and changes that a runbook names against those that there are.
 * @throws Problem config, with the place in the file and the nearest right name
 */
export function verifyNames(
  { phases, stop, metrics, place: file }: Runbook,
  checks: readonly string[],
  kinds: readonly Pick<ChangeKind, 'id' | 'with' | 'drill'>[],
): void {
  const wrong: Wrong = (at, what, remedy) => new Problem('config', `${file}: ${at}: ${what}`, remedy);
  const check = (id: string, place: string) => {
    if (!checks.includes(id)) throw unknownWord(wrong, place, 'check', id, checks);
  };
  const change = ({ change: id, action, parameters }: Extract<Work, { kind: 'change' }>, place: string) => {
    const kind = kinds.find((one) => one.id === id);
    if (kind === undefined) {
      throw unknownWord(
        wrong,
        `${place}.id`,
        'change',
        id,
        kinds.map((one) => one.id),
      );
    }
    if (action === 'drill') {
      const able = kinds.flatMap((one) => (one.drill === undefined ? [] : [one.id]));
      if (kind.drill === undefined) {
        throw wrong(`${place}.action`, `${id} can't be rehearsed`, `those that can are ${able.join(', ')}`);
      }
      if (Object.keys(parameters).length > 0) {
        throw wrong(`${place}.parameters`, 'a drill is told nothing', 'leave them out');
      }
    }
    try {
      kind.with(parameters);
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'usage')) throw error;
      throw wrong(`${place}.parameters`, error.message, error.remedy);
    }
  };
  for (const [phase, { steps }] of phases.entries()) {
    for (const [index, { work }] of steps.entries()) {
      const place = `phases[${phase}].steps[${index}]`;
      if (work.kind === 'check') work.ids?.forEach((id, at) => check(id, `${place}.check.ids[${at}]`));
      if (work.kind === 'change') change(work, `${place}.change`);
    }
  }
  for (const [index, { checks: ids }] of stop.entries()) {
    ids.forEach((id, at) => check(id, `stop[${index}].checks[${at}]`));
  }
  for (const [index, { check: id }] of metrics.entries()) {
    if (id !== undefined) check(id, `metrics[${index}].check`);
  }
}
