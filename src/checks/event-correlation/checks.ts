import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { counted, percent } from '../../model/format.ts';
import type { DatabaseCheck, Finding, Ground } from '../check.ts';
import { columnOf, hasColumn, needing, same, shapeOf, shown, tableNamed } from '../known-tables.ts';

const EVENTS = 'calendars_event';
const STATES = 'calendars_eventstate';
const CALENDARS = 'calendars_calendar';

const WATCHED = { system: 'event-correlation', phases: ['post', 'monitor'] } as const;

/** An event that is still being made after this long will not be: Google answers within seconds. */
const STUCK_SECONDS = 5 * 60;
const DAY_SECONDS = 86_400;

/** A status or type without regard to case: they were small letters first and capitals later. */
const word = ({ dialect }: Ground, column: string): Expression => sql`LOWER(${dialect.text(sql.ref(column))})`;

/** SELECT of events with some of the columns that they have. */
async function events(ground: Ground, condition: Expression): Promise<Expression> {
  const table = await shapeOf(ground, EVENTS);
  const columns = ['google_event_id', 'calendar_id', 'correlation_id'].filter((name) => hasColumn(table, name));
  return sql`SELECT ${ground.dialect.text(sql.ref('event.id'))} AS pk, ${sql.join(
    columns.map((name) => shown(ground, `event.${name}`)),
  )} FROM ${tableNamed(ground, EVENTS)} AS event WHERE ${condition}`;
}

/** SELECT of states, whose key is their correlation id. */
async function states(ground: Ground, condition: Expression): Promise<Expression> {
  const table = await shapeOf(ground, STATES);
  const columns = ['status', 'calendar_id', 'created_at'].filter((name) => hasColumn(table, name));
  return sql`SELECT ${ground.dialect.text(sql.ref('state.correlation_id'))} AS pk, ${sql.join(
    columns.map((name) => shown(ground, `state.${name}`)),
  )} FROM ${tableNamed(ground, STATES)} AS state WHERE ${condition}`;
}

/** An event and its state by their correlation id. */
async function correlated(ground: Ground): Promise<Expression> {
  const [event, state] = [await shapeOf(ground, EVENTS), await shapeOf(ground, STATES)];
  return same(ground, ['state', columnOf(state, 'correlation_id')], ['event', columnOf(event, 'correlation_id')]);
}

/** A finding with the share of events that are right. */
async function withCoverage(ground: Ground, finding: Finding, what: string): Promise<Finding> {
  const [row] = await ground.query(sql`SELECT COUNT(*) AS events FROM ${tableNamed(ground, EVENTS)}`);
  const total = Number(row?.['events']);
  const share = `${percent(total === 0 ? 1 : 1 - finding.violations / total)} of ${counted(total, 'event')} ${what}`;
  return { ...finding, figure: `${share}, target 100 %` };
}

const withoutId = ({ dialect }: Ground): Expression =>
  sql`(event.correlation_id IS NULL OR ${dialect.text(sql.ref('event.correlation_id'))} = '')`;

const withoutState = async (ground: Ground): Promise<Expression> =>
  sql`NOT EXISTS (SELECT 1 FROM ${tableNamed(ground, STATES)} AS state WHERE ${await correlated(ground)})`;

/** Rows of a table whose correlation id stands in more than one row. */
const shared = (ground: Ground, table: typeof EVENTS | typeof STATES): Expression => {
  const id = sql.id('correlation_id');
  return sql`SELECT ${ground.dialect.text(id)} AS pk, ${ground.dialect.text(sql`COUNT(*)`)} AS copies
    FROM ${tableNamed(ground, table)} WHERE ${id} IS NOT NULL GROUP BY ${id} HAVING COUNT(*) > 1`;
};

/** Events whose mark differs from that of their state, which keeps it as a type or, later, as a flag. */
async function misMarked(ground: Ground): Promise<Finding | { readonly notApplicable: string }> {
  const state = await shapeOf(ground, STATES);
  const marked = hasColumn(state, 'event_type')
    ? sql`CASE WHEN ${word(ground, 'state.event_type')} = 'busy_block' THEN 1 ELSE 0 END`
    : hasColumn(state, 'is_busy_block') && ground.dialect.truth(sql.ref('state.is_busy_block'));
  if (marked === false) return { notApplicable: `needs column ${state?.name}.event_type or is_busy_block` };
  const ofEvent = ground.dialect.truth(sql.ref('event.is_busy_block'));
  const differing = sql`EXISTS (SELECT 1 FROM ${tableNamed(ground, STATES)} AS state
    WHERE ${await correlated(ground)} AND ${marked} <> ${ofEvent})`;
  return ground.violations(await events(ground, differing), sql.id('pk'));
}

/** Of the states made in 24 h, without those that are still being made or are deleted, the share that is synced. */
async function syncSuccess(ground: Ground): Promise<Finding> {
  const made = ground.dialect.epoch(columnOf(await shapeOf(ground, STATES), 'created_at'));
  const status = word(ground, 'state.status');
  const due = sql`${made} BETWEEN ${sql.lit(ground.now - DAY_SECONDS)} AND ${sql.lit(ground.now - STUCK_SECONDS)}
    AND ${status} <> 'deleted'`;
  const [row] = await ground.query(
    sql`SELECT COUNT(*) AS due FROM ${tableNamed(ground, STATES)} AS state WHERE ${due}`,
  );
  const total = Number(row?.['due']);
  const target = `target > ${percent(ground.context.thresholds.correlationSync)}`;
  if (total === 0) return { violations: 0, sample: [], figure: `no event was made in 24 h, ${target}` };
  const failing = await ground.violations(await states(ground, sql`${due} AND ${status} <> 'synced'`), sql.id('pk'));
  const share = 1 - failing.violations / total;
  const figure = `${percent(share)} of ${counted(total, 'event')} synced in 24 h, ${target}`;
  return share < ground.context.thresholds.correlationSync
    ? { ...failing, figure }
    : { violations: 0, sample: [], figure };
}

/** Calendars with events that lack an id or a state, most first. */
async function uncovered(ground: Ground): Promise<Finding> {
  const [event, calendar] = [await shapeOf(ground, EVENTS), await shapeOf(ground, CALENDARS)];
  const flag = (condition: Expression) => sql`CASE WHEN ${condition} THEN 1 ELSE 0 END`;
  const name = hasColumn(calendar, 'name')
    ? sql`MIN(${ground.dialect.shortText(sql.ref('calendar.name'), 100)})`
    : sql`NULL`;
  return ground.violations(sql`SELECT MIN(${ground.dialect.text(sql.ref('calendar.id'))}) AS pk, ${name} AS name,
      ${ground.dialect.text(sql`COUNT(*)`)} AS events,
      ${ground.dialect.text(sql`SUM(marked.without_id)`)} AS without_id,
      ${ground.dialect.text(sql`SUM(marked.without_state)`)} AS without_state
    FROM (SELECT event.calendar_id, ${flag(withoutId(ground))} AS without_id,
        ${flag(await withoutState(ground))} AS without_state FROM ${tableNamed(ground, EVENTS)} AS event) AS marked
    JOIN ${tableNamed(ground, CALENDARS)} AS calendar
      ON ${same(ground, ['calendar', columnOf(calendar, 'id')], ['marked', columnOf(event, 'calendar_id')])}
    GROUP BY calendar.id HAVING SUM(marked.without_state) > 0`);
}

/** The move from recognising events by their titles to correlation ids, in the calendars of a Django application. */
export const EVENT_CORRELATION_CHECKS: readonly DatabaseCheck[] = [
  {
    ...WATCHED,
    id: 'event-correlation/events-have-id',
    title: 'Every event has a correlation id',
    severity: 'error',
    reason: 'An event without one is taken for somebody else’s when it comes back, and copied again.',
    remedy: 'Run the change backfill-correlation.',
    scans: EVENTS,
    look: needing({ [EVENTS]: ['id', 'correlation_id'] }, async (ground) => {
      const finding = await ground.violations(await events(ground, withoutId(ground)), sql.id('pk'));
      return withCoverage(ground, finding, 'have a correlation id');
    }),
  },
  {
    ...WATCHED,
    id: 'event-correlation/events-have-state',
    title: 'Every event has an EventState',
    severity: 'error',
    reason: 'Without a state nobody knows whether the event is ours, which is how webhook cascades begin.',
    remedy: 'Run the change backfill-correlation: it adds what is missing.',
    scans: EVENTS,
    look: needing({ [EVENTS]: ['id', 'correlation_id'], [STATES]: ['correlation_id'] }, async (ground) => {
      const finding = await ground.violations(await events(ground, await withoutState(ground)), sql.id('pk'));
      return withCoverage(ground, finding, 'have an EventState');
    }),
  },
  {
    ...WATCHED,
    id: 'event-correlation/states-have-event',
    title: 'Every EventState has its event',
    severity: 'warn',
    reason: 'A state without an event claims a Google event that nobody here looks after.',
    remedy: 'See whether Google still has the event: sync its calendar, or mark the state deleted.',
    scans: STATES,
    look: needing({ [EVENTS]: ['correlation_id'], [STATES]: ['correlation_id', 'status'] }, async (ground) => {
      // The state is made before its event and outlives it.
      const alive = sql`${word(ground, 'state.status')} NOT IN ('creating', 'deleted')`;
      const alone = sql`NOT EXISTS (SELECT 1 FROM ${tableNamed(ground, EVENTS)} AS event WHERE ${await correlated(ground)})`;
      return ground.violations(await states(ground, sql`${alive} AND ${alone}`), sql.id('pk'));
    }),
  },
  {
    ...WATCHED,
    id: 'event-correlation/ids-unique',
    title: 'No two events share a correlation id',
    severity: 'stop',
    reason: 'Two events under one id overwrite each other in the next sync.',
    remedy: 'Give all but the oldest event of each group a new id and a state of its own.',
    scans: EVENTS,
    look: needing({ [EVENTS]: ['correlation_id'] }, (ground) =>
      ground.violations(shared(ground, EVENTS), sql.id('pk')),
    ),
  },
  {
    ...WATCHED,
    id: 'event-correlation/one-state',
    title: 'Every event has only one EventState',
    severity: 'stop',
    reason: 'With two states an event is ours and not ours, as it happens to be read.',
    remedy: 'Delete all but the newest state of each group; the correlation id should be the primary key.',
    scans: STATES,
    look: needing({ [STATES]: ['correlation_id'] }, (ground) =>
      ground.violations(shared(ground, STATES), sql.id('pk')),
    ),
  },
  {
    ...WATCHED,
    id: 'event-correlation/none-stuck-creating',
    title: 'No event is being made for over 5 minutes',
    severity: 'warn',
    reason: 'Its place in Google Calendar is not blocked, although everybody believes so.',
    remedy: 'Look for the error of its calendar’s last sync, then sync the calendar again.',
    look: needing({ [STATES]: ['correlation_id', 'status', 'created_at'] }, async (ground) => {
      const made = ground.dialect.epoch(columnOf(await shapeOf(ground, STATES), 'created_at'));
      const stuck = sql`${word(ground, 'state.status')} = 'creating' AND ${made} < ${sql.lit(ground.now - STUCK_SECONDS)}`;
      return ground.violations(await states(ground, stuck), sql.id('pk'));
    }),
  },
  {
    ...WATCHED,
    id: 'event-correlation/busy-blocks-marked',
    title: 'Events and their states agree on what is a busy block',
    severity: 'error',
    reason: 'A busy block that is not marked as one is copied to the other calendars, and its copies back.',
    remedy: 'Set the state’s mark to that of the event.',
    scans: EVENTS,
    look: needing({ [EVENTS]: ['id', 'correlation_id', 'is_busy_block'], [STATES]: ['correlation_id'] }, misMarked),
  },
  {
    ...WATCHED,
    id: 'event-correlation/sync-success',
    title: 'Almost every event of the last 24 hours is synced',
    severity: 'warn',
    phases: ['monitor'],
    reason: 'Below the target people see double or missing blocks in their calendars.',
    remedy: 'Look at the states below by calendar; set USE_UUID_CORRELATION_SYNC=false when they grow.',
    look: needing({ [STATES]: ['correlation_id', 'status', 'created_at'] }, syncSuccess),
  },
  {
    ...WATCHED,
    id: 'event-correlation/calendars-covered',
    title: 'Every calendar’s events have their ids and states',
    severity: 'info',
    reason: 'The engine is switched over calendar by calendar: one with gaps is not ready.',
    remedy: 'Run the change backfill-correlation before these calendars switch over.',
    scans: EVENTS,
    look: needing(
      { [EVENTS]: ['id', 'calendar_id', 'correlation_id'], [STATES]: ['correlation_id'], [CALENDARS]: ['id'] },
      uncovered,
    ),
  },
];
