import { outcomesOf } from '../../data/state/outcomes.ts';
import { ifThere, unlessClosed } from '../../data/state/tables.ts';
import type { KeptOutcome } from '../../model/review.ts';
import type { ChangeGround } from '../change.ts';

/**
 * What operators did about some rows, by primary key, the newest first; nothing before the first change, and nothing where
 * the account may not read that: it is said beside the rows, and they are what counts.
 */
export async function keptOf(
  { database, source, options }: Pick<ChangeGround, 'database' | 'source' | 'options'>,
  pks: readonly string[],
): Promise<ReadonlyMap<string, readonly KeptOutcome[]>> {
  const found = await unlessClosed(ifThere(outcomesOf(database, source.appointments, pks, options)), () => []);
  return Map.groupBy(found, ({ pk }) => pk);
}
