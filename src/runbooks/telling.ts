import { maskWords } from '../config/mask.ts';
import { SEVERITIES, type Severity } from '../model/check-words.ts';
import { isOpenRun, type RunbookRun } from '../model/runbook-run.ts';
import type { Step, StopCondition } from './runbook.ts';
import { isDone, type StepStanding } from './standing.ts';

const CHANGE_TEXTS = {
  plan: (change: string) => `plans ${change}, and changes nothing`,
  run: (change: string) => `runs ${change}, confirmed by a person`,
  drill: (change: string) => `rehearses ${change} and its way back in a place of its own, and leaves no trace`,
} as const;

/** A program with its arguments, those with blanks in quotes, without what looks like a secret. */
export const commandText = (words: readonly string[]): string =>
  maskWords(words)
    .map((word) => (/^\S+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');

/** ` with batchSize 50, calendar "7"`; empty where a change is told nothing. */
function withText(parameters: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return told.length === 0 ? '' : ` with ${told.join(', ')}`;
}

/** What a step will do, in a line, as far as its runbook says it. */
export function doesText({ work }: Step): string {
  switch (work.kind) {
    case 'check': {
      const { ids, system, phases, logs } = work;
      const among = [
        system && `of ${system}`,
        phases && `of the ${phases.length === 1 ? 'phase' : 'phases'} ${phases.join(', ')}`,
      ].filter(Boolean);
      const checks = among.length === 0 ? [] : [`runs every check ${among.join(' ')}`];
      return [
        ...(ids === undefined ? checks : [`checks ${ids.join(', ')}`]),
        ...(logs ? ['looks at the logs of the config'] : []),
      ].join(', and ');
    }
    case 'change':
      return CHANGE_TEXTS[work.action](`${work.change}${withText(work.parameters)}`);
    case 'backup':
      return 'proves a fresh backup, making one where the config says how';
    case 'command':
      return `runs ${commandText(work.command)}`;
    case 'wait':
      return work.hours === 'monitor-window' ? 'waits until the monitor window is over' : `waits ${work.hours} h`;
    case 'manual':
      return [...work.instructions, ...(work.logs ? ['The logs of the config are looked at with it.'] : [])].join(' ');
    default:
      return work satisfies never;
  }
}

/** How long a step may take, what fails it, and what whoever does it has to give: names with texts. */
export function detailsOf({ work, optional, noteRequired }: Step): readonly (readonly [name: string, text: string])[] {
  return [
    ...(work.kind === 'check'
      ? [['fails by', `${graveWords(work.severity)}, or what could not be told`] as const]
      : []),
    ...(work.kind === 'command' ? [['within', `${work.timeoutSeconds} s, without a shell`] as const] : []),
    ...(optional ? [['optional', 'it may be left out, with a reason'] as const] : []),
    ...(noteRequired ? [['note', 'whoever does it writes down what they saw'] as const] : []),
  ];
}

/** Violations of a severity and of those that are graver. */
function graveWords(severity: Severity): string {
  const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1);
  return grave.length === SEVERITIES.length ? 'any violation' : `a violation of severity ${grave.join(' or ')}`;
}

/** Why a step is not over yet: `day waits until 2026-11-26 …`, `window waits: the monitor window ends in 3 h`. */
export function waitsText({ step: { id, work }, why }: StepStanding): string {
  const hours = work.kind === 'wait' && work.hours !== 'monitor-window';
  return `${id} waits${hours ? '' : ':'} ${why.join('; ')}`;
}

/** When a stop condition holds. */
export const stopText = ({ checks, steps, person }: StopCondition): string =>
  [
    ...checks.map((id) => `${id} fails`),
    ...steps.map((id) => `${id} fails`),
    ...(person ? ['a person says so'] : []),
  ].join(', or ');

/** How a step stands, in a word: in a run that has ended nothing can be done or waits any more. */
export function stateWord(
  { state, last, undone }: StepStanding,
  run: Pick<RunbookRun, 'state'>,
): StepStanding['state'] | 'not done' | 'undone' {
  const left = state === 'ready' || state === 'blocked' || state === 'waiting';
  if (!left || isOpenRun(run)) return state;
  return undone !== undefined && last !== undefined && isDone(last) ? 'undone' : 'not done';
}

/** What there is to say of a step of a run that may have ended, in a line; empty where that is nothing. */
export function wordText(standing: StepStanding, run: Pick<RunbookRun, 'state'>): string {
  const word = stateWord(standing, run);
  if (word === 'undone') return standing.undone?.text ?? '';
  return word === 'not done' ? '' : textOf(standing);
}

/** What there is to say of a step as it stands, in a line; empty where that is nothing. */
export function textOf({ state, last, why, step }: StepStanding): string {
  if (state === 'running' || state === 'blocked' || state === 'waiting') return why.join('; ');
  if (state === 'ready') return [...why, doesText(step)].join('; ');
  const by = last?.state === 'ticked' ? (last.name ?? '') : '';
  return [by, last?.note ?? why.join('; ')].filter(Boolean).join(': ');
}

/** What a stopped run asks of people. */
export const STOPPED = 'STOP: halt, assess, decide, execute, document';
