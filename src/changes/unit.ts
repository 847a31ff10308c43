import { count, counted, duration } from '../model/format.ts';
import type { Run } from '../model/run.ts';
import type { ChangeKind } from './change.ts';
import type { Plan } from './plan.ts';

/** So many of what plans of a kind of change count: `2 flags`, `14 objects`, `102 rows`. */
export const inUnits = ({ unit }: Pick<ChangeKind, 'unit'>, amount: number): string => counted(amount, unit ?? 'row');

/** What it takes to run a plan: `about 2 s, 128 rows to look at`. */
export function estimateOf(kind: Pick<ChangeKind, 'unit'>, { seconds, total }: Plan): string {
  const takes = `about ${duration(Math.max(1, Math.round(seconds)))}`;
  return total === 0 ? takes : `${takes}, ${inUnits(kind, total)} to look at`;
}

/** What a run has done, in the unit of its change: `2 rows changed of 2 planned`, `2 flags switched off`. */
export function toldOf(kinds: readonly ChangeKind[], run: Run): string {
  const kind = kinds.find(({ id }) => id === run.change);
  const { counts, planned } = run;
  return kind?.told?.(run) ?? `${counted(counts.changed, 'row')} changed of ${count(planned)} planned`;
}
