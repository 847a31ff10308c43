import { once } from 'node:events';
import { LISTED } from '../../src/commands/review/chosen.ts';
import { openDatabase } from '../../src/data/database.ts';
import type { RowsQuery } from '../../src/data/queries/rows.ts';
import { createRowsStore } from '../../src/live/row-window.ts';
import { clientOf, inlined } from '../support/clients.ts';
import { type Figure, type Measure, timesAtMost } from '../support/figure.ts';
import type { Stand } from '../support/stage.ts';
import { median } from '../support/statistics.ts';

const ROUNDS = 15;

const QUEUE: RowsQuery = {
  filter: { inReview: true, includesDeleted: false },
  sort: { column: 'manual_review_flagged_at', direction: 'desc' },
  columns: LISTED,
};

/** Milliseconds from opening the queue to its first rows, in a console that runs, and of the same statement in the client. */
async function opening(stand: Stand, rows: number): Promise<Figure> {
  const client = await clientOf(stand);
  const database = await openDatabase(stand.context);
  const [own, alone]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const store = createRowsStore(database, stand.context, { refreshWith: () => () => {} });
    const shown = new EventTarget();
    store.subscribe(() => {
      if (store.getView().rows.length > 0) shown.dispatchEvent(new Event('rows'));
    });
    const began = performance.now();
    store.open(QUEUE);
    await once(shown, 'rows');
    const ms = performance.now() - began;
    const statement = database.log.findLast(({ sql }) => sql.includes('ORDER BY') && sql.includes('row_value'));
    store.close();
    // The first round connects, and reads pages that nobody has read yet.
    if (round === 0) continue;
    own.push(ms);
    if (client !== undefined && statement !== undefined) alone.push(await client.milliseconds(inlined(statement)));
  }
  await database.close();
  return timesAtMost(1.2, {
    subject: `${stand.engine}, first rows of ${rows.toLocaleString('en')} in review`,
    unit: 'ms',
    value: median(own),
    reference: { name: client?.name ?? 'client', value: client && median(alone) },
  });
}

export const reviewMeasure: Measure = {
  name: 'review',
  title: 'opening the review queue, against the same statement in the engine’s own client',
  async run(stage, { rows }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines)
      figures.push(await opening(await stage.stand(engine, { rows, queue: true }), rows));
    return figures;
  },
};
