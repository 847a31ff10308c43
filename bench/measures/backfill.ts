import type { Writer } from '../../tests/engines/writer.ts';
import { type Figure, type Measure, timesAtLeast } from '../support/figure.ts';
import { rateOf, runChange } from '../support/operating.ts';
import type { Stage, Stand } from '../support/stage.ts';

type EngineName = Stand['engine'];

/** The share of one UPDATE's rate that is promised. */
const SHARE = 0.5;
/** Events of a batch: as many as reach the promise, right behind the reference, and as the application's own command has it. */
const SIZES = [10_000, 50] as const;
/** Rows of one INSERT. */
const CHUNK = 1_000;

interface Types {
  readonly key: string;
  readonly uuid: string;
  readonly time: string;
  readonly fresh: string;
}

const TYPES: Readonly<Record<EngineName, Types>> = {
  postgres: { key: 'bigint', uuid: 'uuid', time: 'timestamptz', fresh: 'gen_random_uuid()' },
  mysql: { key: 'bigint', uuid: 'char(32)', time: 'datetime(6)', fresh: `REPLACE(UUID(), '-', '')` },
  sqlite: { key: 'integer', uuid: 'char(32)', time: 'datetime', fresh: 'lower(hex(randomblob(16)))' },
};

/** What an engine does by itself after a while. */
const SETTLING: Readonly<Record<EngineName, string>> = {
  sqlite: 'ANALYZE',
  mysql: 'ANALYZE TABLE calendars_event',
  postgres: 'VACUUM (ANALYZE) calendars_event',
};

/** The tables as Django makes them, with events that have no correlation id. */
async function fill(writer: Writer, engine: EngineName, rows: number): Promise<void> {
  const { key, uuid, time } = TYPES[engine];
  if (engine === 'sqlite') await writer.execute('PRAGMA journal_mode = WAL');
  await writer.execute('CREATE TABLE calendars_calendar (id bigint PRIMARY KEY, name varchar(200))');
  await writer.execute(`CREATE TABLE calendars_event (id ${key} PRIMARY KEY, calendar_id bigint NOT NULL, google_event_id varchar(255) NOT NULL,
    title varchar(500) NOT NULL, start_time ${time} NOT NULL, end_time ${time} NOT NULL, is_busy_block boolean NOT NULL, correlation_id ${uuid} NULL,
    created_at ${time} NOT NULL, updated_at ${time} NOT NULL)`);
  await writer.execute(`CREATE TABLE calendars_eventstate (correlation_id ${uuid} PRIMARY KEY, calendar_id bigint NOT NULL, google_event_id varchar(255),
    event_type varchar(20) NOT NULL, status varchar(20) NOT NULL, created_at ${time} NOT NULL, updated_at ${time} NOT NULL)`);
  await writer.execute('CREATE INDEX events_calendar ON calendars_event (calendar_id)');
  await writer.execute('CREATE INDEX events_google ON calendars_event (google_event_id)');
  await writer.execute('CREATE INDEX events_correlation ON calendars_event (correlation_id)');
  await writer.execute('BEGIN');
  for (let from = 1; from <= rows; from += CHUNK) {
    const values = Array.from({ length: Math.min(CHUNK, rows - from + 1) }, (_, index) => {
      const id = from + index;
      const at = new Date(1_700_000_000_000 + id * 60_000).toISOString().slice(0, 19).replace('T', ' ');
      return `(${id}, ${id % 100}, 'google${id}', 'Meeting ${id}', '${at}', '${at}', ${id % 3 === 0}, '${at}', '${at}')`;
    });
    await writer.execute(`INSERT INTO calendars_event (id, calendar_id, google_event_id, title, start_time, end_time, is_busy_block, created_at, updated_at)
      VALUES ${values.join(', ')}`);
  }
  await writer.execute('COMMIT');
  await writer.execute(SETTLING[engine]);
}

async function fresh(stage: Stage, engine: EngineName, name: string, rows: number): Promise<Stand> {
  const stand = await stage.database(engine, name);
  const writer = await stand.open();
  await fill(writer, engine, rows);
  await writer.close();
  return stand;
}

async function shares(stage: Stage, engine: EngineName, rows: number): Promise<readonly Figure[]> {
  const hand = await fresh(stage, engine, 'bench_backfill_hand', rows);
  const update = `UPDATE calendars_event SET correlation_id = ${TYPES[engine].fresh} WHERE correlation_id IS NULL`;
  const reference = { name: 'one UPDATE, ids only', value: await rateOf(hand, update, rows) };
  const figures: Figure[] = [];
  for (const size of SIZES) {
    const stand = await fresh(stage, engine, `bench_backfill_${size}`, rows);
    const words = ['change', 'run', 'backfill-correlation', '--batch-size', String(size)];
    const { rowsPerSecond } = await runChange(stage, stand, words, false);
    const what = `${rows.toLocaleString('en')} ids and states, ${size.toLocaleString('en')} a batch`;
    const figure = { subject: `${engine}, ${what}`, unit: 'rows/s' as const, value: rowsPerSecond, reference };
    figures.push(size === SIZES[0] ? timesAtLeast(SHARE, figure) : figure);
  }
  return figures;
}

export const backfillMeasure: Measure = {
  name: 'backfill',
  title: 'the backfill of correlation ids, each with its state, against one UPDATE of the ids alone',
  async run(stage, { rows }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) figures.push(...(await shares(stage, engine, rows)));
    return figures;
  },
};
