import type { Step, StopCondition } from './runbook.ts';
import type { StepStanding } from './standing.ts';

const CHANGE_TEXTS = {
  plan: (change: string) => `plans ${change}, and changes nothing`,
  run: (change: string) => `runs ${change}, confirmed by a person`,
  drill: (change: string) => `rehearses ${change} and its way back in a place of its own, and leaves no trace`,
} as const;

/** What a step will do, in a line, as far as its runbook says it. */
export function doesText({ work }: Step): string {
  switch (work.kind) {
    case 'check': {
      const { ids, system, phases, logs } = work;
      const among = [system && `of ${system}`, phases && `of the phases ${phases.join(', ')}`].filter(Boolean);
      const checks = among.length === 0 ? [] : [`runs every check ${among.join(' ')}`];
      return [
        ...(ids === undefined ? checks : [`checks ${ids.join(', ')}`]),
        ...(logs ? ['looks at the logs of the config'] : []),
      ].join(', and ');
    }
    case 'change':
      return CHANGE_TEXTS[work.action](work.change);
    case 'backup':
      return 'proves a fresh backup, making one where the config says how';
    case 'command':
      return `runs ${work.command.join(' ')}`;
    case 'wait':
      return work.hours === 'monitor-window' ? 'waits until the monitor window is over' : `waits ${work.hours} h`;
    case 'manual':
      return [...work.instructions, ...(work.logs ? ['The logs of the config are looked at with it.'] : [])].join(' ');
    default:
      return work satisfies never;
  }
}

/** When a stop condition holds. */
export const stopText = ({ checks, steps, person }: StopCondition): string =>
  [
    ...checks.map((id) => `${id} fails`),
    ...steps.map((id) => `${id} fails`),
    ...(person ? ['a person says so'] : []),
  ].join(', or ');

/** What there is to say of a step as it stands, in a line; empty where that is nothing. */
export function textOf({ state, last, why, step }: StepStanding): string {
  if (state === 'running' || state === 'blocked' || state === 'waiting') return why.join('; ');
  if (state === 'ready') return [...why, doesText(step)].join('; ');
  const by = last?.state === 'ticked' ? (last.name ?? '') : '';
  return [by, last?.note ?? why.join('; ')].filter(Boolean).join(': ');
}

/** What a stopped run asks of people. */
export const STOPPED = 'STOP: halt, assess, decide, execute, document';
