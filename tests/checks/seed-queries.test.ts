import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOKING_ID_CHECKS } from '../../src/checks/booking-ids/checks.ts';
import { SYNC_CHECKS } from '../../src/checks/sync/checks.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { age, count, duration, percent } from '../../src/model/format.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { CheckedDatabase } from './checked-database.ts';

/** What the documents' queries say in MySQL's words, in those of each engine. */
interface Words {
  /** So many hours before now. */
  hoursAgo(hours: number): string;
  /** TIMESTAMPDIFF(SECOND, …) */
  seconds(from: string, to: string): string;
  readonly now: string;
  readonly flagged: string;
  /** REGEXP '^[0-9]+$' */
  numeric(column: string): string;
}

const WORDS: Readonly<Record<TestEngine['name'], Words>> = {
  mysql: {
    hoursAgo: (hours) => `DATE_SUB(NOW(), INTERVAL ${hours} HOUR)`,
    seconds: (from, to) => `TIMESTAMPDIFF(SECOND, ${from}, ${to})`,
    now: 'NOW()',
    flagged: 'requires_manual_review = 1',
    numeric: (column) => `${column} REGEXP '^[0-9]+$'`,
  },
  postgres: {
    hoursAgo: (hours) => `(NOW() AT TIME ZONE 'UTC') - INTERVAL '${hours} hours'`,
    seconds: (from, to) => `EXTRACT(EPOCH FROM ${to} - ${from})`,
    now: "(NOW() AT TIME ZONE 'UTC')",
    flagged: 'requires_manual_review',
    numeric: (column) => `${column} ~ '^[0-9]+$'`,
  },
  sqlite: {
    hoursAgo: (hours) => `datetime('now', '-${hours} hours')`,
    seconds: (from, to) => `(unixepoch(${to}) - unixepoch(${from}))`,
    now: "datetime('now')",
    flagged: 'requires_manual_review = 1',
    numeric: (column) => `${column} NOT GLOB '*[^0-9]*'`,
  },
};

const [V1, V2] = ['calcom_booking_id', 'calcom_v2_booking_id'];
const rounded = (percentage: string | null | undefined): string => percent(Number(percentage) / 100);

for (const engine of ENGINES) {
  describe(`the queries of the documents on ${engine.name} and the checks say the same of`, () => {
    const words = WORDS[engine.name];
    let checked: CheckedDatabase;
    const query = (sql: string) => checked.db.execute(sql);

    beforeAll(async () => {
      checked = new CheckedDatabase(engine, await engine.database(), [...BOOKING_ID_CHECKS, ...SYNC_CHECKS]);
      await engine.createAppointments(checked.db, { unique: true });
      await engine.insert(checked.db, 'appointments', seedRows(Date.now()));
    });
    afterAll(() => checked.db.drop());

    test('the five lines of booking ids', async () => {
      const conditions = [
        `${V1} IS NOT NULL`,
        `${V2} IS NOT NULL AND NOT (${words.numeric(V2)})`,
        `${V2} IS NOT NULL AND ${words.numeric(V2)}`,
        `${V1} IS NOT NULL AND ${V2} IS NOT NULL`,
        `${V1} IS NULL AND ${V2} IS NULL`,
      ];
      const counts: unknown[] = [];
      for (const condition of conditions) {
        const [row] = await query(`SELECT COUNT(*) AS n FROM appointments WHERE ${condition}`);
        counts.push(row?.['n']);
      }
      expect(counts).toEqual(['2', '3', '102', '2', '23']);
      const { sample } = await checked.result('booking-ids/summary');
      expect(sample.map(({ rows }) => rows)).toEqual(counts);
    });

    test('sources with and without ids', async () => {
      const rows = await query(`
        SELECT source, COUNT(*) AS total,
          SUM(CASE WHEN ${V1} IS NOT NULL OR ${V2} IS NOT NULL THEN 1 ELSE 0 END) AS with_ids
        FROM appointments GROUP BY source`);
      const { sample } = await checked.result('booking-ids/sources');
      expect(new Set(sample.map((row) => `${row['source']} ${row['rows']} ${row['with_ids']}`))).toEqual(
        new Set(rows.map((row) => `${row['source']} ${row['total']} ${row['with_ids']}`)),
      );
      expect(sample[0]).toEqual({ source: 'cal.com', rows: '101', with_ids: '101', without_ids: '0' });
    });

    test('sync success in the last 24 hours', async () => {
      const rows = await query(`
        SELECT calcom_sync_status AS status, COUNT(*) AS n,
          ROUND(COUNT(*) * 100.0 / SUM(COUNT(*)) OVER(), 2) AS percentage
        FROM appointments
        WHERE created_at >= ${words.hoursAgo(24)} AND sync_origin IN ('retell', 'admin', 'api', 'system')
        GROUP BY calcom_sync_status ORDER BY COUNT(*) DESC`);
      const { sample } = await checked.result('sync/statuses');
      expect(sample).toEqual(
        rows.map(({ status, n, percentage }) => ({ status, rows: n, share: rounded(percentage) })),
      );
      const share = (status: string) => rounded(rows.find((row) => row['status'] === status)?.['percentage']);
      const success = await checked.result('sync/success-24h');
      expect(success.figure).toBe(`${share('synced')} synced in 24 h, target > 95 %`);
      expect(success.figure).toBe('93.1 % synced in 24 h, target > 95 %');
      const rest = await checked.result('sync/pending-and-failed');
      expect(rest.figure).toContain(`(${share('pending')} and ${share('failed')}) in 24 h, target < 5 %`);
    });

    test('sync latency in the last hour', async () => {
      const seconds = words.seconds('sync_initiated_at', 'sync_verified_at');
      const [row] = await query(`
        SELECT AVG(${seconds}) AS average, MAX(${seconds}) AS slowest, MIN(${seconds}) AS fastest
        FROM appointments WHERE sync_verified_at IS NOT NULL AND sync_initiated_at >= ${words.hoursAgo(1)}`);
      const [average, slowest, fastest] = [row?.['average'], row?.['slowest'], row?.['fastest']].map(Number);
      const said = (value: number | undefined) => duration(value ?? Number.NaN);
      const measured = await checked.result('sync/latency-average');
      expect(measured.figure).toBe(`${said(average)} on average in 1 h, target < 10 s`);
      const most = await checked.result('sync/latency-max');
      expect(most.figure).toBe(`${said(fastest)} to ${said(slowest)} in 1 h, target < 30 s`);
    });

    test('what waits for a manual review', async () => {
      const rows = await query(`
        SELECT id, sync_origin, sync_error_code, sync_error_message, sync_attempt_count,
          FLOOR(${words.seconds('manual_review_flagged_at', words.now)} / 3600) AS hours_since_flagged
        FROM appointments WHERE ${words.flagged} ORDER BY manual_review_flagged_at DESC LIMIT 20`);
      const { violations, sample, figure } = await checked.result('sync/review-queue');
      expect(violations).toBe(rows.length);
      const fields = ['sync_origin', 'sync_error_code', 'sync_error_message', 'sync_attempt_count'];
      expect(sample.map((row) => [row['pk'], ...fields.map((field) => row[field])])).toEqual(
        rows.map((row) => [row['id'], ...fields.map((field) => row[field])]),
      );
      const oldest = Math.max(...rows.map((row) => Number(row['hours_since_flagged'])));
      expect(figure).toBe(`${rows.length} in review, oldest ${age(oldest * 3_600)}, target 0`);
    });

    test('error codes in review', async () => {
      const rows = await query(`
        SELECT sync_error_code AS code, COUNT(*) AS n FROM appointments WHERE ${words.flagged}
        GROUP BY sync_error_code ORDER BY COUNT(*) DESC`);
      const { sample } = await checked.result('sync/error-codes');
      const summed = new Map<string | null | undefined, number>();
      for (const { code, rows: n } of sample) summed.set(code, (summed.get(code) ?? 0) + Number(n));
      expect(summed).toEqual(new Map(rows.map(({ code, n }) => [code, Number(n)])));
    });

    test('how each origin does', async () => {
      const rows = await query(`
        SELECT sync_origin AS origin, COUNT(*) AS n,
          SUM(CASE WHEN calcom_sync_status = 'synced' THEN 1 ELSE 0 END) AS synced_count,
          ROUND(SUM(CASE WHEN calcom_sync_status = 'synced' THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) AS success_rate
        FROM appointments WHERE created_at >= ${words.hoursAgo(24)} AND sync_origin IS NOT NULL
        GROUP BY sync_origin ORDER BY COUNT(*) DESC`);
      const { figure = '' } = await checked.result('sync/origins-healthy');
      const said = rows.map(
        (row) =>
          `${row['origin']} ${rounded(row['success_rate'])} (${count(Number(row['synced_count']))} of ${count(Number(row['n']))})`,
      );
      const origins = figure.slice(0, figure.indexOf(', target')).split(', ');
      expect(new Set(origins)).toEqual(new Set(said));
      expect(said.length).toBeGreaterThan(3);
    });
  });
}
