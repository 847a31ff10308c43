import { sql } from 'kysely';
import { all } from '../../data/queries/expressions.ts';
import { named } from '../../data/state/tables.ts';
import { tableNameOf } from '../../data/table-name.ts';
import { count, counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Change, ChangeGround, ChangeKind, Gate, Parameters, Planned, PlanSample } from '../change.ts';
import { green, red } from '../gates.ts';
import { Halted } from '../held-run.ts';
import { assertTakes } from '../takes.ts';
import {
  type Correlation,
  correlationOf,
  eventsAs,
  inCalendar,
  keyText,
  lacking,
  strayIn,
  withoutId,
} from './tables.ts';
import { BackfillWork } from './work.ts';

/** Events of a batch unless somebody says otherwise. Source: the application's own command. */
const BATCH_SIZE = 50;
const LARGEST_BATCH = 10_000;

const SAMPLE_ROWS = 20;
/** Events that are given an id and a state in a second, by the size of a batch, for a first guess. */
const rateFor = (batchSize: number): number => (batchSize < 500 ? 10_000 : 40_000);

interface Wanted {
  readonly calendar: string | undefined;
  readonly batchSize: number;
}

/** @throws Problem usage */
function wantedOf({ calendar, batchSize = BATCH_SIZE }: Parameters): Wanted {
  if (typeof batchSize !== 'number' || !Number.isInteger(batchSize) || batchSize < 1 || batchSize > LARGEST_BATCH) {
    const remedy = `write --batch-size with a whole number from 1 to ${count(LARGEST_BATCH)}`;
    throw new Problem('usage', `"${String(batchSize)}" is no size of a batch`, remedy);
  }
  if (calendar !== undefined && (typeof calendar !== 'string' || calendar === '')) {
    throw new Problem('usage', 'a calendar is named by its id', 'write --calendar 7');
  }
  return { calendar, batchSize };
}

/** Whether a calendar of that id is there; also true where nothing could tell. */
async function isThere({ database, dialect, options, context }: ChangeGround, calendar: string): Promise<boolean> {
  const table = tableNameOf(context.tables.calendars_calendar);
  const columns = await database.introspect(options, (has, connection) => has.columns(connection, table));
  const id = columns.find(({ name }) => name === 'id');
  if (id === undefined) return true;
  const found = await database.query(
    sql`SELECT 1 AS one FROM ${named(table)} WHERE ${sql.id('id')} = ${dialect.parameter(id, calendar)} LIMIT 1`,
    options,
  );
  return found.length > 0;
}

async function sampleOf(ground: ChangeGround, correlation: Correlation, meant: ReturnType<typeof inCalendar>) {
  const { database, dialect, options } = ground;
  const key = sql.id('event', correlation.id.name);
  const rows = await database.query(
    sql`SELECT ${keyText(correlation, ground)} AS pk, ${dialect.shortText(sql.id('event', 'correlation_id'), 100)} AS cid
      FROM ${eventsAs(correlation)} WHERE ${all([meant, lacking(correlation)])} ORDER BY ${key} LIMIT ${sql.lit(SAMPLE_ROWS)}`,
    options,
  );
  return rows.map(({ pk, cid = null }): PlanSample => {
    const lacksId = cid === null || cid === '';
    return {
      pk: pk ?? '',
      action: lacksId ? 'give id and state' : 'give state',
      before: { correlation_id: cid, state: null },
      after: { correlation_id: lacksId ? 'a new uuid' : cid, state: 'synced' },
    };
  });
}

async function plan(ground: ChangeGround, { calendar, batchSize }: Wanted): Promise<Planned> {
  const { database, options, dialect, context } = ground;
  const correlation = await correlationOf(ground);
  if (calendar !== undefined && !(await isThere(ground, calendar))) {
    const remedy = `apptop check event-correlation/calendars-covered lists those with gaps`;
    throw new Problem('usage', `there is no calendar ${calendar}`, remedy);
  }
  const meant = inCalendar(correlation, ground, calendar);
  const flag = (condition: ReturnType<typeof lacking>) =>
    sql`COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0)`;
  const [row] = await database.query(
    sql`SELECT COUNT(*) AS events, ${flag(withoutId(correlation, ground))} AS without_id, ${flag(lacking(correlation))} AS lacking
      FROM ${eventsAs(correlation)} WHERE ${meant}`,
    options,
  );
  const [events, ids, rows] = [row?.['events'], row?.['without_id'], row?.['lacking']].map(Number);
  const [total = 0, withoutIds = 0, lackingRows = 0] = [events, ids, rows];
  const { statements } = new BackfillWork(ground, correlation, calendar);
  const stretch = sql`${sql.id('event', correlation.id.name)} is of the batch`;
  const effects = await database.introspect(options, (_, connection) =>
    ground.writing.sideEffects(connection, correlation.events),
  );
  return {
    rows: lackingRows,
    total,
    counts: { withoutId: withoutIds, lacking: lackingRows },
    summary: [
      `gives ${counted(withoutIds, 'event')} a correlation id`,
      `gives ${counted(lackingRows, 'event')} a state in ${context.tables.calendars_eventstate}`,
      `works through ${calendar === undefined ? 'all calendars' : `calendar ${calendar}`} in batches of ${count(batchSize)}`,
    ],
    sql: [statements.both?.(stretch) ?? statements.ids(stretch), statements.states(stretch)].map((statement) =>
      dialect.compile(statement).sql.replaceAll(/\s+/g, ' '),
    ),
    sample: lackingRows === 0 ? [] : await sampleOf(ground, correlation, meant),
    loses: [],
    rollback:
      'none is needed while USE_UUID_CORRELATION_SYNC is off; an id that was given can not be told from one that was there',
    seconds: lackingRows / rateFor(batchSize),
    notes: effects,
  };
}

async function knownGate(ground: ChangeGround): Promise<Gate> {
  const title = 'every column of a state has its value';
  const { unknown, fills } = await correlationOf(ground);
  if (unknown.length === 0) return green('state-columns', title, fills.map(({ name }) => name).join(', '));
  const remedy = 'give it a default in the database, or let the application fill the states';
  return red('state-columns', title, `nothing says what ${unknown.join(', ')} should hold`, remedy);
}

/** Gives events what the sync by correlation ids needs. Source: the second phase of its migration. */
export const BACKFILL_CORRELATION: ChangeKind = {
  id: 'backfill-correlation',
  title: 'Backfill correlation ids',
  purpose: 'gives events without a correlation id one, and each event its state',
  tier: 'typed',
  needsBackup: true,
  tables: ['calendars_event', 'calendars_eventstate'],
  before: ['event-correlation/ids-unique', 'event-correlation/one-state', 'schema/no-long-locks'],
  after: ['event-correlation/ids-unique', 'event-correlation/one-state'],
  strayIn,
  unit: 'event',
  told({ counts: { changed, aside, raced } }) {
    const processed = counted(changed + aside + raced, 'event');
    return `${processed} processed, ${count(changed)} updated, ${counted(aside, 'error')}`;
  },
  with(parameters): Change {
    assertTakes('backfill-correlation', parameters, ['calendar', 'batchSize']);
    const wanted = wantedOf(parameters);
    const workOn = async (ground: ChangeGround) =>
      new BackfillWork(ground, await correlationOf(ground), wanted.calendar);
    return {
      parameters,
      batchSize: wanted.batchSize,
      throttled: parameters['throttle'] !== false,
      plan: (ground) => plan(ground, wanted),
      gates: async (ground) => [await knownGate(ground)],
      work: workOn,
      async assertDone(ground, { counts: { aside } }) {
        const left = await (await workOn(ground)).left(aside + 1);
        if (left > aside) throw new Halted('events are being written without an id or a state: see who writes them');
      },
    };
  },
};
