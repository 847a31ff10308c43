import type { Target } from '../../src/config/target.ts';
import { createAppointments } from '../../tests/engines/appointments.ts';
import type { TestDatabase, Writer } from '../../tests/engines/writer.ts';
import type { Stand } from './stage.ts';

/** Rows of one INSERT. */
const CHUNK = 1_000;

/** Every other row is misplaced; of the rest three in four have no id, as in the field, and one has a uid. */
function idsOf(row: number): string {
  if (row % 2 === 0) return `'${10_000_000 + row}'`;
  return row % 8 === 1 ? `'uid${String(row).padStart(19, 'x')}'` : 'NULL';
}

/** A table of the field with three indexes beside its key, and rows of which half are misplaced. */
export async function fillForMove(writer: Writer, { context: { target }, url }: Stand, rows: number): Promise<void> {
  const db: TestDatabase = { target, url, execute: (sql, values) => writer.execute(sql, values), drop: async () => {} };
  if (target.engine === 'sqlite') await writer.execute('PRAGMA journal_mode = WAL');
  await createAppointments(db);
  await writer.execute('CREATE INDEX appointments_starts_at ON appointments (starts_at)');
  await writer.execute('BEGIN');
  for (let from = 1; from <= rows; from += CHUNK) {
    const values = Array.from({ length: Math.min(CHUNK, rows - from + 1) }, (_, index) => {
      const row = from + index;
      const at = new Date(1_700_000_000_000 + row * 60_000).toISOString().slice(0, 19).replace('T', ' ');
      return `(${row}, '${at}', '${at}', '${at}', 'confirmed', 'cal.com', ${idsOf(row)})`;
    });
    await writer.execute(
      `INSERT INTO appointments (id, starts_at, created_at, updated_at, status, source, calcom_v2_booking_id) VALUES ${values.join(', ')}`,
    );
  }
  await writer.execute('COMMIT');
  for (const statement of settling[target.engine]) await writer.execute(statement);
}

/** What an engine does by itself after a while. */
const settling: Readonly<Record<Target['engine'], readonly string[]>> = {
  sqlite: ['ANALYZE'],
  mysql: ['ANALYZE TABLE appointments'],
  postgres: ['VACUUM (ANALYZE) appointments', 'CHECKPOINT'],
};

const BACKUP = '_migration_backup_v2_id';

/**
 * What a person would run by hand: one statement for the rows that the move changes, those of which it only keeps the original
 * among them, and one that takes the moved ones back.
 */
export function byHand(engine: Target['engine']): { readonly move: string; readonly back: string } {
  const v2 = 'calcom_v2_booking_id';
  const [id, numeric] = {
    sqlite: [`CAST(${v2} AS INTEGER)`, `${v2} NOT GLOB '*[^0-9]*'`],
    mysql: [v2, `${BACKUP} REGEXP '^[0-9]+$'`],
    postgres: [`${v2}::bigint`, `${v2} ~ '^[0-9]+$'`],
  }[engine];
  return {
    move: `UPDATE appointments SET ${BACKUP} = ${v2}, calcom_booking_id = CASE WHEN ${numeric} THEN ${id} ELSE calcom_booking_id END,
      ${v2} = CASE WHEN ${numeric} THEN NULL ELSE ${v2} END WHERE ${v2} IS NOT NULL`,
    back: `UPDATE appointments SET ${v2} = ${BACKUP}, calcom_booking_id = NULL, ${BACKUP} = NULL WHERE ${BACKUP} IS NOT NULL AND ${v2} IS NULL`,
  };
}

export const addBackup = `ALTER TABLE appointments ADD ${BACKUP} varchar(255) NULL`;
