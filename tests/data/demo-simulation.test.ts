import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDemo, type Demo } from '../../src/data/demo/create.ts';
import { randomOf } from '../../src/data/demo/random.ts';
import { simulate } from '../../src/data/demo/simulation.ts';

const NOW = Date.parse('2026-11-21T12:04:31Z');
const HOUR = 3_600_000;
const LAST_SEED_ID = 557;

describe('the simulation', () => {
  let demo: Demo;
  let database: Database.Database;

  beforeEach(async () => {
    demo = await createDemo(undefined, NOW);
    database = new Database(demo.path);
  });
  afterEach(() => {
    database.close();
    demo.remove();
  });

  const count = (condition: string): number =>
    Number(database.prepare(`SELECT count(*) FROM appointments WHERE ${condition}`).pluck().get());
  const bookingIdsOfSeed = () =>
    database
      .prepare('SELECT id, calcom_booking_id, calcom_v2_booking_id FROM appointments WHERE id <= ?')
      .raw()
      .all(LAST_SEED_ID);

  /** Runs hours in a moment, and looks at the database every minute. */
  function run(hours: number, eachMinute: () => void): void {
    const simulation = simulate(database, randomOf(5), NOW);
    for (let now = NOW; now < NOW + hours * HOUR; now += 500) {
      simulation.tick(now);
      if ((now - NOW) % 60_000 === 0) eachMinute();
    }
  }

  test('books, syncs, fails, recovers and cancels', () => {
    const seen = new Set<string>();
    run(2, () => {
      if (count(`id > ${LAST_SEED_ID} AND calcom_sync_status = 'pending'`) > 0) seen.add('pending');
      if (count(`id > ${LAST_SEED_ID} AND calcom_sync_status = 'synced'`) > 0) seen.add('synced');
      if (count(`id > ${LAST_SEED_ID} AND requires_manual_review = 1 AND sync_attempt_count = 3`) > 0)
        seen.add('flagged');
      if (count(`id > ${LAST_SEED_ID} AND status = 'cancelled'`) > 0) seen.add('cancelled');
      if (count(`id > ${LAST_SEED_ID} AND calcom_sync_status = 'synced' AND sync_attempt_count > 1`) > 0)
        seen.add('retried');
      if (count(`id > ${LAST_SEED_ID} AND sync_origin = 'calcom'`) > 0) seen.add('webhook');
    });
    expect([...seen].sort()).toEqual(['cancelled', 'flagged', 'pending', 'retried', 'synced', 'webhook']);
  });

  test('works off the jobs that somebody put back: most succeed and stay flagged, some fail again', () => {
    database.exec(`
      INSERT INTO jobs (queue, payload, attempts, available_at, created_at) SELECT queue, payload, 0, 0, 0 FROM failed_jobs;
      DELETE FROM failed_jobs;
      UPDATE appointments SET requires_manual_review = 1, manual_review_flagged_at = '2026-11-21 09:00:00',
        calcom_sync_status = 'failed', last_sync_attempt_at = '2026-11-21 09:00:00' WHERE id IN (
          SELECT id FROM appointments WHERE id <= ${LAST_SEED_ID} AND sync_attempt_count > 1 ORDER BY id DESC LIMIT 12);
    `);
    const flagged = count(`id <= ${LAST_SEED_ID} AND requires_manual_review = 1`);
    const simulation = simulate(database, randomOf(5), NOW);
    for (let now = NOW; now < NOW + 60_000; now += 500) simulation.tick(now);
    const kept = `id <= ${LAST_SEED_ID} AND requires_manual_review = 1 AND calcom_sync_status`;
    const [synced, failed] = [count(`${kept} = 'synced'`), count(`${kept} = 'failed'`)];
    expect(synced + failed).toBe(flagged);
    expect(synced).toBeGreaterThan(failed);
    expect(count(`${kept} = 'failed' AND manual_review_flagged_at >= '2026-11-21 12:04:00'`)).toBe(failed);
    expect(Number(database.prepare('SELECT count(*) FROM failed_jobs').pluck().get())).toBe(failed);
  });

  test('leaves the booking ids of the 128 alone and misplaces no other', () => {
    const before = bookingIdsOfSeed();
    run(3, () => {
      expect(count(`id > ${LAST_SEED_ID} AND calcom_v2_booking_id NOT GLOB '*[^0-9]*'`)).toBe(0);
    });
    expect(bookingIdsOfSeed()).toEqual(before);
  });

  test('stays believable and bounded for hours', () => {
    run(8, () => {
      expect(count('true')).toBeLessThan(350);
      expect(count('requires_manual_review = 1')).toBeLessThan(30);
      expect(count("sync_origin = 'calcom' AND (sync_job_id IS NOT NULL OR sync_attempt_count > 0)")).toBe(0);
      expect(count("calcom_sync_status = 'synced' AND coalesce(calcom_booking_id, calcom_v2_booking_id) IS NULL")).toBe(
        0,
      );
    });
    const rows = count("sync_origin <> 'calcom'");
    expect(count("sync_origin <> 'calcom' AND calcom_sync_status = 'synced'") / rows).toBeGreaterThan(0.85);
    const waiting = Number(database.prepare('SELECT count(*) FROM jobs').pluck().get());
    expect(waiting).toBe(count("calcom_sync_status = 'pending'"));
  });
});
