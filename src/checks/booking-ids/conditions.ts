import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all, any, hasClass, kindExpressions } from '../../data/queries/expressions.ts';
import { named, stateTable } from '../../data/state/tables.ts';
import { moment } from '../appointment-rows.ts';
import type { Ground } from '../check.ts';

/** Rows with a V1 id in the V2 column that the move takes away from there. */
export const misplaced = ({ source }: Ground): Expression =>
  any([hasClass(source, 'misplaced'), hasClass(source, 'duplicate')]);

/** Whether an id column holds something else than the backup, which is not null there. */
function differs(ground: Ground, name: 'calcom_booking_id' | 'calcom_v2_booking_id'): Expression {
  const { text } = ground.dialect;
  const [column, backup] = [ground.column(name), ground.column('_migration_backup_v2_id')];
  return sql`(${column} IS NULL OR ${text(column)} <> ${text(backup)})`;
}

/** What the backup column says of a row; each is for checks that need it. */
export function backupConditions(ground: Ground) {
  const { dialect, appointments, context } = ground;
  const column = appointments.known.get('_migration_backup_v2_id');
  if (column === undefined) throw new Error('a check uses the backup column without needing it');
  const kind = dialect.kindOfValue(column, context.bookingIds.uid);
  return {
    /** There was an id in the V2 column when the ids were moved. */
    backedUp: sql`${sql.id(column.name)} IS NOT NULL`,
    /** It was a V1 id, or a V2 uid. */
    wasV1: sql`${kind} = 'v1'`,
    wasUid: sql`${kind} = 'uid'`,
    /** It is not in the V1 column, or in the V2 column, now. */
    notInV1: differs(ground, 'calcom_booking_id'),
    notInV2: differs(ground, 'calcom_v2_booking_id'),
  };
}

/**
 * Rows from whose V2 column an operator's decision took the id without moving it, and that still are as it left them: the
 * original is in neither column on purpose. undefined where no decision ever was.
 */
export async function decidedAgainst(ground: Ground): Promise<Expression | undefined> {
  const { dialect, appointments, context } = ground;
  const ledger = stateTable(context.table, 'apptop_ledger');
  const name = ledger.schema === undefined ? ledger.name : `${ledger.schema}.${ledger.name}`;
  if ((await ground.table(name)) === undefined) return undefined;
  const line = (column: string) => sql.id('line', column);
  const v1 = ground.column('calcom_booking_id');
  const [left, original] = [dialect.text(line('new_v1')), dialect.text(line('old_v2'))];
  const stays = any([sql`${dialect.text(v1)} = ${left}`, sql`${v1} IS NULL AND ${line('new_v1')} IS NULL`]);
  const unmoved = sql`(${line('new_v1')} IS NULL OR ${left} <> ${original})`;
  const key = sql.id(appointments.table.name, appointments.id.name);
  return sql`EXISTS (SELECT 1 FROM ${named(ledger)} AS line WHERE ${all([
    sql`${line('pk')} = ${key} AND ${line('aside')} IS NULL`,
    sql`${line('new_v2')} IS NULL AND ${line('old_v2')} IS NOT NULL`,
    sql`${ground.column('calcom_v2_booking_id')} IS NULL`,
    stays,
    unmoved,
  ])})`;
}

/**
 * Rows that somebody wrote to after the move. Where apptop made it, its ledger was written with each row, so a row that holds
 * another booking id now was given that by somebody else: a reschedule does. One that holds none any more lost it, unless the
 * application stamped it since. undefined where apptop moved nothing since the last cleanup: then nothing tells.
 */
export async function changedSince(ground: Ground): Promise<Expression | undefined> {
  const runs = stateTable(ground.context.table, 'apptop_run');
  const name = runs.schema === undefined ? runs.name : `${runs.schema}.${runs.name}`;
  if ((await ground.table(name)) === undefined) return undefined;
  const cleaned = sql`SELECT COALESCE(MAX(id), 0) FROM ${named(runs)} WHERE change_id = 'cleanup-booking-ids' AND state = 'done'`;
  const [first] = await ground.query(
    sql`SELECT MIN(started_at) AS began FROM ${named(runs)} WHERE change_id = 'move-booking-ids' AND id > (${cleaned})`,
  );
  const began = first?.['began'] ?? null;
  if (began === null) return undefined;
  const { v1, v2 } = kindExpressions(ground.source);
  const another = any([sql`${v1} = 'v1'`, sql`${v2} IN ('v1', 'uid')`]);
  if (!ground.appointments.known.has('updated_at')) return another;
  // Stamps are whole seconds.
  const stamped = sql`${moment(ground, 'updated_at')} >= ${sql.lit(Math.floor(Number(began)))}`;
  return sql`CASE WHEN ${any([another, stamped])} THEN 1 ELSE 0 END = 1`;
}
