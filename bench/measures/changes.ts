import { setTimeout as sleep } from 'node:timers/promises';
import { MOVE_BOOKING_IDS } from '../../src/changes/move-booking-ids/change.ts';
import { planOf } from '../../src/changes/plan.ts';
import { openDatabase } from '../../src/data/database.ts';
import { idGroups } from '../../src/data/queries/id-groups.ts';
import { sourceOf } from '../../src/data/queries/read-rows.ts';
import { loadWriting } from '../../src/data/writing.ts';
import { atMost, type Figure, type Measure, timesAtLeast, timesAtMost } from '../support/figure.ts';
import { addBackup, byHand, fillForMove } from '../support/moves.ts';
import { rateOf, runChange } from '../support/operating.ts';
import type { Stage, Stand } from '../support/stage.ts';
import { median, quantile } from '../support/statistics.ts';
import { writeBeside } from '../support/writer-beside.ts';

/** The shares of one UPDATE's rate that are promised, by engine. */
const SHARES = { postgres: 0.75, sqlite: 0.6, mysql: 0.5 } as const;

const ROUNDS_OF_PLANS = 5;

/** Seconds for which the writer is watched while nothing else happens. */
const IDLE_SECONDS = 10;

async function fresh(stage: Stage, engine: Stand['engine'], name: string, rows: number): Promise<Stand> {
  const stand = await stage.database(engine, name);
  const writer = await stand.open();
  await fillForMove(writer, stand, rows);
  await writer.close();
  return stand;
}

async function rates(stage: Stage, engine: Stand['engine'], rows: number): Promise<readonly Figure[]> {
  const [own, hand] = [await fresh(stage, engine, 'bench_move', rows), await fresh(stage, engine, 'bench_hand', rows)];
  const writer = await hand.open();
  await writer.execute(addBackup);
  await writer.close();
  const statements = byHand(engine);
  const byHandRates = {
    move: await rateOf(hand, statements.move, rows / 2),
    back: await rateOf(hand, statements.back, rows / 2),
  };
  const plan = await planCost(own);
  const moved = await runChange(stage, own, ['change', 'run', 'move-booking-ids'], false);
  const back = await runChange(stage, own, ['rollback', 'run'], false);
  const subject = (what: string) => `${engine}, ${what}`;
  const against = (what: string, value: number, reference: number) =>
    timesAtLeast(SHARES[engine], {
      subject: subject(what),
      unit: 'rows/s',
      value,
      reference: { name: 'one UPDATE', value: reference },
    });
  return [
    against(`move of ${(rows / 2).toLocaleString('en')} rows`, moved.rowsPerSecond, byHandRates.move),
    against('rollback of them', back.rowsPerSecond, byHandRates.back),
    timesAtMost(1.5, {
      subject: subject('plan'),
      unit: 'ms',
      value: plan.own,
      reference: { name: 'the grouped query', value: plan.query },
    }),
    atMost(150, { subject: subject('largest RSS'), unit: 'MB', value: Math.max(moved.largestRss, back.largestRss) }),
    {
      subject: subject('largest PSS of all its processes'),
      unit: 'MB',
      value: Math.max(moved.largestPss, back.largestPss),
    },
  ];
}

/** Milliseconds of a plan beside those of its grouped query alone, in one session. */
async function planCost({ context }: Stand): Promise<{ readonly own: number; readonly query: number }> {
  const database = await openDatabase(context);
  const options = { lane: 'change' } as const;
  const source = await sourceOf(database, context, options);
  const writing = await loadWriting(context.target.engine);
  const ground = { context, database, dialect: database.dialect, writing, source, options };
  const [own, query]: [number[], number[]] = [[], []];
  const timed = async (times: number[], work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  };
  for (let round = 0; round < ROUNDS_OF_PLANS; round++) {
    await timed(own, () => planOf(MOVE_BOOKING_IDS, MOVE_BOOKING_IDS.with({}), ground));
    await timed(query, () => database.query(idGroups(source, []), options));
  }
  await database.close();
  return { own: median(own), query: median(query) };
}

const p99 = (latencies: readonly number[]): number => quantile(latencies, 0.99);

/** What somebody who writes at a fixed rate notices of a move at the defaults. */
async function neighbour(stage: Stage, engine: Stand['engine'], rows: number): Promise<readonly Figure[]> {
  const stand = await fresh(stage, engine, 'bench_beside', rows);
  const idle = await writeBeside(stand, rows, () => sleep(IDLE_SECONDS * 1000));
  const busy = await writeBeside(stand, rows, () =>
    runChange(stage, stand, ['change', 'run', 'move-booking-ids'], true),
  );
  const subject = (what: string) => `${engine}, a writer beside a move at the defaults, ${what}`;
  return [
    timesAtMost(2, {
      subject: subject('p99'),
      unit: 'ms',
      value: p99(busy),
      reference: { name: 'idle', value: p99(idle) },
    }),
    atMost(engine === 'sqlite' ? 200 : 100, { subject: subject('worst'), unit: 'ms', value: Math.max(...busy) }),
  ];
}

export const changesMeasure: Measure = {
  name: 'changes',
  title: 'the move of booking ids and its rollback, against one UPDATE statement',
  async run(stage, { rows }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) {
      figures.push(...(await rates(stage, engine, rows)), ...(await neighbour(stage, engine, rows)));
    }
    return figures;
  },
};
