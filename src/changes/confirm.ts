import { Problem } from '../model/problem.ts';
import type { Tier } from './change.ts';
import type { Plan } from './plan.ts';

/** Milliseconds that a person has to confirm: after that the figures are old. */
export const CONFIRM_MS = 60_000;

/** What a person typed. */
export interface Confirmation {
  readonly phrase: string;
  /** A ticket or a sentence; undefined when there is none. */
  readonly reason: string | undefined;
}

/** What has to be typed: nothing, `Y`, or environment, table and rows: `production appointments 102`. */
export function phraseOf(tier: Tier, { environment, table, rows }: Plan): string {
  if (tier === 'none') return '';
  return tier === 'bulk' ? 'Y' : `${environment} ${table} ${rows}`;
}

/** Whether a change of this tier has to say why. */
export const needsReason = (tier: Tier, { environment }: Plan): boolean =>
  tier === 'typed' && environment === 'production';

/** @throws Problem blocked, when what was typed is not what the plan asks for */
export function assertConfirmed(tier: Tier, plan: Plan, { phrase, reason }: Confirmation): void {
  const wanted = phraseOf(tier, plan);
  if (phrase !== wanted) {
    throw new Problem('blocked', 'the change is not confirmed', `type exactly: ${wanted}`);
  }
  if (needsReason(tier, plan) && (reason ?? '').trim() === '') {
    throw new Problem('blocked', 'a change in production needs a reason', 'give a ticket: --reason OPS-1');
  }
}
