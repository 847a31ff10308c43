import { sql } from 'kysely';
import type { Context } from '../../config/context.ts';
import { any } from '../../data/queries/expressions.ts';
import type { Check, DatabaseCheck, Finding, Ground, NotApplicable, Table } from '../check.ts';
import { lookWhetherOff } from '../flags.ts';
import { columnOf, found, hasColumn, shapeOf, shown, tableNamed } from '../known-tables.ts';
import { CALENDAR_TABLES, type CalendarTable, FLAGS, IDENTITY } from './expected.ts';
import { duplicates } from './rows.ts';

const BEFORE = { system: 'calendar-schema', phases: ['pre'] } as const;

/** The sync runs every five minutes: a connection that was silent for three turns is at rest. */
const AT_REST_SECONDS = 15 * 60;

/** What some question finds in those of the two tables that exist. */
async function inEach(ground: Ground, look: (name: CalendarTable, table: Table) => Promise<Finding>): Promise<Finding> {
  const findings: Finding[] = [];
  for (const name of CALENDAR_TABLES) {
    const table = await shapeOf(ground, name);
    if (table !== undefined) findings.push(await look(name, table));
  }
  const violations = findings.reduce((sum, finding) => sum + finding.violations, 0);
  return { violations, sample: findings.flatMap(({ sample }) => sample).slice(0, 20) };
}

async function rowsOf(ground: Ground, name: CalendarTable): Promise<Finding> {
  const [counted] = await ground.query(sql`SELECT COUNT(*) AS rows_there FROM ${tableNamed(ground, name)}`);
  const rows = counted?.['rows_there'] ?? '0';
  return found(rows === '0' ? [] : [{ pk: ground.context.tables[name], rows }]);
}

/** Unique indexes that refuse what the right one allows: they stand on a part of its columns. */
function narrower(name: CalendarTable, table: Table): Finding {
  const right = IDENTITY[name];
  const narrow = table.indexes.filter(
    ({ unique, primary, columns }) =>
      unique && !primary && columns.length < right.length && columns.every((column) => right.includes(column)),
  );
  return found(narrow.map((index) => ({ pk: index.name, table: table.name, columns: index.columns.join(', ') })));
}

async function activeConnections(ground: Ground): Promise<Finding | NotApplicable> {
  const table = await shapeOf(ground, 'external_calendar_connections');
  if (table === undefined) return { ...found([]), figure: 'there are no connections yet' };
  const moments = ['last_synced_at', 'backoff_until'].filter((name) => hasColumn(table, name));
  if (moments.length === 0 || !hasColumn(table, 'id')) {
    return { notApplicable: `needs columns id and last_synced_at or backoff_until of ${table.name}` };
  }
  const since = sql.lit(ground.now - AT_REST_SECONDS);
  // A connection that backs off comes back by itself when the time is over.
  const active = moments.map((name) => {
    const moment = ground.dialect.epoch(columnOf(table, name));
    return name === 'backoff_until' ? sql`${moment} > ${sql.lit(ground.now)}` : sql`${moment} > ${since}`;
  });
  const columns = ['provider', ...moments].filter((name) => hasColumn(table, name));
  return ground.violations(sql`SELECT ${ground.dialect.text(sql.id(columnOf(table, 'id').name))} AS pk,
      ${sql.join(columns.map((name) => shown(ground, name)))}
    FROM ${tableNamed(ground, 'external_calendar_connections')} WHERE ${any(active)}`);
}

/** What needs no more than the database. */
export const BEFORE_CHECKS: readonly DatabaseCheck[] = [
  {
    ...BEFORE,
    id: 'calendar-schema/tables-empty',
    title: 'The calendar tables are absent or empty',
    severity: 'error',
    reason: 'The migrations are made for a clean database: rows that are there already follow rules that nobody knows.',
    remedy: 'Back both tables up, find out who fills them, and empty them or skip the migrations.',
    look: (ground) => inEach(ground, (name) => rowsOf(ground, name)),
  },
  {
    ...BEFORE,
    id: 'calendar-schema/no-conflicting-constraints',
    title: 'No unique constraint stands in the way of the right one',
    severity: 'stop',
    reason: 'A constraint without provider_id refuses the second provider who sees the same calendar event.',
    remedy: 'Drop the constraint (the second migration does), then check again.',
    look: (ground) => inEach(ground, async (name, table) => narrower(name, table)),
  },
  {
    ...BEFORE,
    id: 'calendar-schema/no-conflicting-data',
    title: 'No rows would break the unique constraints to come',
    severity: 'stop',
    reason: 'The migration stops half way when a constraint does not fit the rows that are there.',
    remedy: 'Back the rows up and delete all but the newest of each group.',
    look: (ground) =>
      inEach(ground, async (name, table) => {
        const comparable = IDENTITY[name].every((column) => hasColumn(table, column)) && hasColumn(table, 'id');
        return comparable ? ground.violations(duplicates(ground, name, IDENTITY[name])) : found([]);
      }),
  },
  {
    ...BEFORE,
    id: 'calendar-schema/no-active-sync',
    title: 'No connection synced in the last 15 minutes or waits to go on',
    severity: 'stop',
    reason: 'A sync that runs during the migration writes into tables that change under it.',
    remedy: 'Turn the calendar flags off, wait until backoff_until is over, then check again.',
    look: activeConnections,
  },
];

/** The check of the four feature flags, which lie outside the database. */
export const flagsOff = (context: Context): Check => ({
  ...BEFORE,
  id: 'calendar-schema/flags-off',
  title: 'The four calendar feature flags are off',
  severity: 'stop',
  reason: 'The ceremony prepares the schema only: no calendar operation may run before somebody enables it.',
  remedy: 'Set the flags to false in the environment of the application and restart it.',
  lookOutside: (signal) => lookWhetherOff(context, FLAGS, signal),
});
