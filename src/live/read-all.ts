import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import { FULL_CHARACTERS, readRows, sourceOf } from '../data/queries/read-rows.ts';
import type { AppointmentRow, Position, RowsQuery } from '../data/queries/rows.ts';

/** Rows of one read: enough that the way to the server does not count, and little memory. */
const BATCH = 1_000;

/**
 * Every row of a list from first to last, in batches and by position, so that the last costs what the first does.
 * @throws Problem
 */
export async function* readAll(
  database: Database,
  context: Context,
  query: RowsQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly AppointmentRow[]> {
  // A lane of its own: the list on screen goes on.
  const options = { lane: 'row', signal } as const;
  const source = await sourceOf(database, context, options);
  let from: Position | undefined;
  for (;;) {
    const stretch = { direction: 'forward', from, limit: BATCH, characters: FULL_CHARACTERS } as const;
    const rows = await readRows(database, source, query, stretch, options);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) return;
    from = rows.at(-1)?.position;
  }
}
