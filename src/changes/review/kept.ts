import { outcomesOf } from '../../data/state/outcomes.ts';
import { ifThere } from '../../data/state/tables.ts';
import type { KeptOutcome } from '../../model/review.ts';
import type { ChangeGround } from '../change.ts';

/** What operators did about some rows, by primary key, the newest first; nothing before the first change. */
export async function keptOf(
  { database, source, options }: Pick<ChangeGround, 'database' | 'source' | 'options'>,
  pks: readonly string[],
): Promise<ReadonlyMap<string, readonly KeptOutcome[]>> {
  return Map.groupBy(await ifThere(outcomesOf(database, source.appointments, pks, options)), ({ pk }) => pk);
}
