import type { Context } from '../../src/config/context.ts';
import { DEFAULT_LARAVEL } from '../../src/config/retry.ts';
import { row } from '../changes/guarded.ts';
import type { PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';
import { createQueueTables, failedRow } from '../laravel/queue-stand.ts';
import { type OnDatabase, openOn } from './on-database.ts';

/** A context that may change its database, and retries by Laravel's queue. */
export const OPERATE: Partial<Context> = {
  environment: 'staging',
  access: 'operate',
  retry: { strategy: 'laravel-queue', laravel: DEFAULT_LARAVEL, command: undefined, calcomApi: undefined },
};

const moment = (secondsAgo: number): string =>
  new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19).replace('T', ' ');

/** A row that waits for review, the one with the highest id flagged last. */
export const flagged = (id: number, other: PlantedRow = {}): PlantedRow => ({
  ...row(id, null, null),
  requires_manual_review: true,
  manual_review_flagged_at: moment(3_600 - id),
  last_sync_attempt_at: moment(3_600 - id),
  sync_origin: 'retell',
  calcom_sync_status: 'failed',
  sync_attempt_count: 3,
  sync_error_code: 'HTTP_401',
  sync_error_message: 'HTTP 401 from Cal.com',
  ...other,
});

/** A console on the screen Review, over a database with Laravel's tables and a failed job about each of these rows. */
export async function openReview(
  engine: TestEngine,
  rows: readonly PlantedRow[],
  { failed = rows.map(({ id }) => Number(id)), ...options }: OnDatabase & { readonly failed?: readonly number[] } = {},
) {
  const open = await openOn(engine, rows, {
    columns: 120,
    rows: 30,
    ...options,
    context: { ...OPERATE, ...options.context },
    plant: async (db) => {
      await createQueueTables(db);
      await engine.insert(
        db,
        'failed_jobs',
        failed.map((id) => failedRow(id)),
      );
      await options.plant?.(db);
    },
  });
  await open.console.sees('4 Review').press('4').sees('[Queue');
  return open;
}

/** What a worker that succeeds writes: the flag is not its business. */
export const succeed = (db: TestDatabase, ids: string) =>
  db.execute(
    `UPDATE appointments SET calcom_sync_status = 'synced', sync_error_code = NULL, sync_error_message = NULL,
      sync_verified_at = ?, last_sync_attempt_at = ? WHERE id IN (${ids})`,
    [moment(0), moment(0)],
  );

/** What a worker that gives up writes. */
export const failAgain = (db: TestDatabase, id: number, code: string) =>
  db.execute(
    `UPDATE appointments SET calcom_sync_status = 'failed', sync_error_code = ?, sync_error_message = ?, last_sync_attempt_at = ?,
      manual_review_flagged_at = ? WHERE id = ?`,
    [code, `${code} this time`, moment(0), moment(0), id],
  );

/** Ids that wait for review. */
export async function waiting(db: TestDatabase): Promise<readonly string[]> {
  const rows = await db.execute('SELECT id, requires_manual_review AS waits FROM appointments ORDER BY id');
  return rows.flatMap(({ id, waits }) => (waits === '1' || waits === 'true' || waits === 't' ? (id ?? []) : []));
}
