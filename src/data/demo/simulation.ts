import type { Database } from 'better-sqlite3';
import { anyOrigin } from './many-rows.ts';
import { type Job, parsePayload, queueOf, type SyncAction } from './queue.ts';
import type { Random } from './random.ts';
import { bookingFields, DAY, DEMO_COLUMNS, type DemoRow, MINUTE, SECOND, timestamp } from './row.ts';
import { INSERT_APPOINTMENT } from './schema.ts';
import { fromCalcom, pushed, syncErrorOf } from './sync-fields.ts';

/** The application and its workers, writing into a demo database. */
export interface Simulation {
  /**
   * Does what is due by `now`, in one short transaction or none.
   * @param now milliseconds since 1970
   */
  tick(now: number): void;
}

/** Synced appointments of its own that it keeps: about 40 minutes of bookings. */
const KEPT = 160;
/** As many of its failed appointments wait for an operator before one is repaired. */
const WAITING = 10;
/** The application tries three times; then a person has to look. */
const ATTEMPTS = 3;
const BACKOFF = [1 * SECOND, 5 * SECOND] as const;
/** What the application calls the source of an appointment, where it is not the origin's name. */
const SOURCES: Readonly<Record<string, string>> = { calcom: 'cal.com', retell: 'phone' };
/** Cal.com's numbers for new bookings, above those of all demo rows. */
const NEXT_V1 = 90_000_000;

/**
 * Share of failing attempts: the first one on a calm day, the first one while Cal.com has trouble, and a further one.
 * Together they leave one booking in twenty to a person. Of the jobs that somebody put back into the queue three in ten
 * fail again, in three attempts.
 */
const FAILING = { calm: 0.08, trouble: 0.5, again: 0.8, requeued: 0.67 } as const;

/**
 * A simulation on a demo database, at a human pace: a booking every 15 s, a change every minute, a repair every few
 * minutes, and now and then two minutes of trouble. It works off the jobs that it finds, those that somebody put back among
 * them; beside that it changes and deletes only appointments of its own, and it never moves a booking id.
 */
export function simulate(database: Database, random: Random, startedAt: number): Simulation {
  const queue = queueOf(database);
  const insert = database.prepare(INSERT_APPOINTMENT);
  const lastOfOthers = database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM appointments').pluck().get() ?? 0;
  let nextV1 = NEXT_V1;
  const inSeconds = (low: number, high: number) => random.whole(low, high) * SECOND;

  /** Queues a sync; Cal.com answers after 2 to 20 s, mostly soon. */
  function push(uuid: string, appointmentId: string, action: SyncAction, now: number): void {
    const delay = random.chance(0.85) ? inSeconds(2, 5) : inSeconds(6, 20);
    queue.push({ uuid, appointmentId, action }, now + delay, now);
  }

  function book(now: number): void {
    const byWebhook = random.chance(0.12);
    const origin = byWebhook ? 'calcom' : anyOrigin(random);
    const sync = byWebhook
      ? fromCalcom(now)
      : pushed(random, { origin, status: 'pending', initiatedAt: now, attempts: 0 });
    const row: DemoRow = {
      id: null,
      ...bookingFields(random, now, now),
      status: 'confirmed',
      source: SOURCES[origin] ?? origin,
      calcom_booking_id: byWebhook ? String(nextV1++) : null,
      calcom_v2_booking_id: byWebhook ? random.uid() : null,
      ...sync,
      updated_at: timestamp(now),
      deleted_at: null,
    };
    const { lastInsertRowid } = insert.run(DEMO_COLUMNS.map((column) => row[column]));
    if (sync.sync_job_id !== null) push(sync.sync_job_id, String(lastInsertRowid), 'create', now);
    prune.run(lastOfOthers, KEPT);
  }

  const prune = database.prepare(`
    DELETE FROM appointments WHERE id IN (
      SELECT id FROM appointments WHERE id > ? AND calcom_sync_status = 'synced' ORDER BY id DESC LIMIT -1 OFFSET ?
    )
  `);

  const begin = database.prepare(`
    UPDATE appointments
    SET sync_origin = ?, calcom_sync_status = 'pending', sync_initiated_at = ?, sync_job_id = ?,
      last_sync_attempt_at = NULL, sync_attempt_count = 0, sync_error_code = NULL, sync_error_message = NULL,
      sync_verified_at = NULL, requires_manual_review = 0, manual_review_flagged_at = NULL, updated_at = ?
    WHERE id = ?
  `);

  function beginAgain(id: string, origin: string, action: SyncAction, now: number): void {
    const uuid = random.uuid();
    begin.run(origin, timestamp(now), uuid, timestamp(now), id);
    push(uuid, id, action, now);
  }

  const anyConfirmed = database.prepare<[unknown], { id: string; starts_at: string; ends_at: string }>(`
    SELECT CAST(id AS text) AS id, starts_at, ends_at FROM appointments
    WHERE id > ? AND calcom_sync_status = 'synced' AND status = 'confirmed' ORDER BY random() LIMIT 1
  `);
  const cancel = database.prepare("UPDATE appointments SET status = 'cancelled' WHERE id = ?");
  const reschedule = database.prepare('UPDATE appointments SET starts_at = ?, ends_at = ? WHERE id = ?');

  /** Somebody cancels or moves an appointment. */
  function change(now: number): void {
    const found = anyConfirmed.get(lastOfOthers);
    if (found === undefined) return;
    const cancelled = random.chance(0.5);
    const nextDay = (time: string) => timestamp(Date.parse(`${time}Z`) + DAY);
    if (cancelled) cancel.run(found.id);
    else reschedule.run(nextDay(found.starts_at), nextDay(found.ends_at), found.id);
    beginAgain(found.id, random.pick(['admin', 'admin', 'retell']), cancelled ? 'cancel' : 'reschedule', now);
  }

  const nextToRepair = database.prepare<unknown[], Record<'id' | 'origin' | 'job' | 'v2', string | null>>(`
    SELECT CAST(id AS text) AS id, sync_origin AS origin, sync_job_id AS job, calcom_v2_booking_id AS v2
    FROM appointments WHERE id > ? AND requires_manual_review = 1
    ORDER BY manual_review_flagged_at DESC LIMIT 1 OFFSET ?
  `);

  /** An operator repairs what the workers gave up on. */
  function repair(now: number): void {
    const found = nextToRepair.get(lastOfOthers, WAITING);
    if (found === undefined || found.id === null) return;
    queue.forget(found.job ?? '');
    beginAgain(found.id, found.origin ?? 'admin', found.v2 === null ? 'create' : 'reschedule', now);
  }

  const succeed = database.prepare(`
    UPDATE appointments
    SET calcom_v2_booking_id = coalesce(calcom_v2_booking_id, CASE WHEN calcom_booking_id IS NULL THEN :uid END),
      calcom_sync_status = 'synced', last_sync_attempt_at = :now, sync_attempt_count = :attempts,
      sync_error_code = NULL, sync_error_message = NULL, sync_verified_at = :now, updated_at = :now
    WHERE id = :id
  `);
  const fail = database.prepare(`
    UPDATE appointments
    SET calcom_sync_status = :status, last_sync_attempt_at = :now, sync_attempt_count = :attempts,
      sync_error_code = :code, sync_error_message = :message, updated_at = :now,
      requires_manual_review = max(requires_manual_review, :flagged),
      manual_review_flagged_at = CASE WHEN :flagged THEN :now ELSE manual_review_flagged_at END
    WHERE id = :id
  `);
  const aboutRow = database.prepare<[string], { readonly tenant: string | null; readonly inReview: number }>(
    'SELECT CAST(company_id AS text) AS tenant, requires_manual_review AS inReview FROM appointments WHERE id = ?',
  );

  /** A worker takes a job once. */
  function attempt(job: Job, now: number): void {
    const payload = parsePayload(job.payload);
    if (payload === undefined) return;
    const attempts = job.attempts + 1;
    const row = { id: payload.appointmentId, now: timestamp(now), attempts };
    const first = now < troubleUntil ? FAILING.trouble : FAILING.calm;
    // Nobody would repair the others' appointments, so they succeed.
    const own = Number(row.id) > lastOfOthers;
    const { tenant, inReview } = aboutRow.get(row.id) ?? { tenant: null, inReview: 0 };
    const ofOwn = job.attempts > 0 ? FAILING.again : first;
    // A row stays in the queue until whoever retried it settles it: the application's job does not.
    const failing = inReview === 1 ? FAILING.requeued : own ? ofOwn : 0;
    if (!random.chance(failing)) {
      succeed.run({ ...row, uid: random.uid() });
      queue.remove(job);
      return;
    }
    const { code, message } = syncErrorOf(random, tenant);
    const last = attempts >= ATTEMPTS;
    fail.run({ ...row, code, message, status: last ? 'failed' : 'pending', flagged: last ? 1 : 0 });
    if (last) queue.bury(job, payload, message, now);
    else queue.release(job, attempts, now + (BACKOFF[job.attempts] ?? BACKOFF[1]) + inSeconds(1, 2));
  }

  let troubleUntil = 0;
  /** What happens now and then: when it is due, what it does, and how many seconds later it comes again. */
  const habits = [
    { due: startedAt + SECOND, act: book, low: 6, high: 24 },
    { due: startedAt + MINUTE, act: change, low: 30, high: 90 },
    { due: startedAt + 3 * MINUTE, act: repair, low: 30, high: 90 },
    {
      due: startedAt + 8 * MINUTE,
      act: (now: number) => {
        troubleUntil = now + 2 * MINUTE;
      },
      low: 900,
      high: 2_400,
    },
  ];

  const write = database.transaction((now: number, jobs: readonly Job[]) => {
    for (const job of jobs) attempt(job, now);
    for (const habit of habits.filter(({ due }) => due <= now)) {
      habit.act(now);
      habit.due = now + inSeconds(habit.low, habit.high);
    }
  });

  return {
    tick(now) {
      const jobs = queue.due(now);
      if (jobs.length > 0 || habits.some(({ due }) => due <= now)) write.immediate(now, jobs);
    },
  };
}
