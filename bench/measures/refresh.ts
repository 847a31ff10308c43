import { type Database, openDatabase } from '../../src/data/database.ts';
import type { Scope } from '../../src/data/queries/grouping.ts';
import { takeSnapshot } from '../../src/data/queries/snapshot.ts';
import { clientOf, inlined } from '../support/clients.ts';
import { type Figure, type Measure, timesAtMost } from '../support/figure.ts';
import type { Stand } from '../support/stage.ts';
import { median } from '../support/statistics.ts';

const ROUNDS = 5;
const SCOPE: Scope = { includesDeleted: false, byTenant: false };

/** One refresh of apptop's: how long all of it took, and its one large statement. */
async function refresh(database: Database, { context }: Stand) {
  const began = performance.now();
  await takeSnapshot(database, context, SCOPE, { lane: 'figures' });
  const wholeMs = performance.now() - began;
  const grouped = database.log.at(-1);
  if (grouped === undefined) throw new Error('a refresh sent no statement');
  return { wholeMs, grouped };
}

async function compare(stand: Stand, rows: number): Promise<readonly Figure[]> {
  const client = await clientOf(stand);
  const database = await openDatabase(stand.context);
  // Pages that nobody has read yet would be paid for by whoever comes first.
  await refresh(database, stand);
  const [whole, statement, alone]: number[][] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const { wholeMs, grouped } = await refresh(database, stand);
    whole?.push(wholeMs);
    statement?.push(grouped.durationMs);
    if (client !== undefined) alone?.push(await client.milliseconds(inlined(grouped)));
  }
  await database.close();
  const reference = { name: client?.name ?? 'client', value: client && median(alone ?? []) };
  const subject = `${stand.engine}, ${rows.toLocaleString('en')} rows`;
  return [
    timesAtMost(1.1, { subject, unit: 'ms', value: median(whole ?? []), reference }),
    { subject: `${subject}, statement alone`, unit: 'ms', value: median(statement ?? []), reference },
  ];
}

export const refreshMeasure: Measure = {
  name: 'refresh',
  title: 'one refresh, against the same statement in the engine’s own client',
  async run(stage, { rows }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) {
      figures.push(...(await compare(await stage.stand(engine, { rows, queue: false }), rows)));
    }
    return figures;
  },
};
