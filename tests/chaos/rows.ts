import { row } from '../changes/guarded.ts';
import type { PlantedRow } from '../engines/engines.ts';
import type { Random } from './seed.ts';

type Ids = readonly [v1: string | null, v2: string | null];

/** Booking ids of every class, by how many of 100 rows have them. */
const idsOf = (number: number, random: Random): Ids =>
  random.weighted<Ids>([
    [68, [null, String(5_000_000 + number)]],
    [6, [String(5_000_000 + number), String(5_000_000 + number)]],
    [14, [null, random.uid()]],
    [3, [String(5_000_000 + number), String(9_000_000 + number)]],
    [2, [null, `0${number}`]],
    [4, [String(5_000_000 + number), null]],
    [3, [null, null]],
  ]);

/** Rows of all classes, tenants, soft-deleted and not, with gaps between their keys. */
export function chaosRows(random: Random, count: number): readonly PlantedRow[] {
  let id = 0;
  return Array.from({ length: count }, (_, number) => {
    id += random.whole(1, 3);
    return {
      ...row(id, ...idsOf(number, random)),
      company_id: String(random.whole(1, 3)),
      deleted_at: random.chance(0.05) ? '2026-02-01 00:00:00' : null,
    };
  });
}
