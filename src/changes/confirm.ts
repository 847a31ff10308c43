import { Problem } from '../model/problem.ts';
import type { ChangeKind, Tier } from './change.ts';
import { isNear, type Plan } from './plan.ts';

/** Milliseconds that a person has to confirm: after that the figures are old. */
export const CONFIRM_MS = 60_000;

/** What a person typed. */
export interface Confirmation {
  readonly phrase: string;
  /** A ticket or a sentence; undefined when there is none. */
  readonly reason: string | undefined;
}

/** What has to be typed: nothing, `Y` for several rows, or environment, table and rows: `production appointments 102`. */
export function phraseOf(tier: Tier, { environment, table, rows }: Plan): string {
  if (tier === 'none') return '';
  if (tier === 'bulk') return rows > 1 ? 'Y' : '';
  return `${environment} ${table} ${rows}`;
}

/** Whether it was typed; with a number of rows within what the plan tolerates. */
function isTyped(tier: Tier, plan: Plan, phrase: string): boolean {
  // Who says yes to several has said it to one.
  if (tier === 'bulk' && phrase === 'Y') return true;
  const rows = Number(/ (\d+)$/.exec(phrase)?.[1]);
  return phrase === phraseOf(tier, isNear(plan, rows) ? { ...plan, rows } : plan);
}

/** Whether a change has to say why. */
export const needsReason = (
  { tier, needsReason: always }: Pick<ChangeKind, 'tier' | 'needsReason'>,
  { environment }: Plan,
): boolean => always === true || (tier === 'typed' && environment === 'production');

/** @throws Problem blocked, when what was typed is not what the plan asks for */
export function assertConfirmed(
  kind: Pick<ChangeKind, 'tier' | 'needsReason'>,
  plan: Plan,
  { phrase, reason }: Confirmation,
): void {
  if (!isTyped(kind.tier, plan, phrase)) {
    const what = phrase === '' ? 'the change is not confirmed' : `"${phrase}" is not the phrase`;
    throw new Problem('blocked', what, `type exactly: ${phraseOf(kind.tier, plan)}`);
  }
  if (needsReason(kind, plan) && (reason ?? '').trim() === '') {
    throw new Problem(
      'blocked',
      kind.needsReason ? 'it needs a reason' : 'a change in production needs a reason',
      kind.tier === 'typed' ? 'give a ticket: --reason OPS-1' : 'say why: --reason TEXT',
    );
  }
}
