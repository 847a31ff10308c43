import { ROW_CLASSES, type RowClass } from '../../model/booking-id.ts';
import { type Random, randomOf } from './random.ts';
import { bookingFields, DAY, type DemoRow, MINUTE, SECOND } from './row.ts';
import { fromCalcom, NEVER_SYNCED, type Push, pushed, syncErrorOf } from './sync-fields.ts';

/** Any two rows differ by at least one V1 id, also when a collation folds digits, case, spaces and newlines. */
const FIRST_V1 = 6_000_000;
const V1_STEP = 7;
const FIRST_CONFLICTING_V1 = 1_500_000_000;

/**
 * Appointments for the demo, the tests and the measurements, the same ones for the same arguments. The first eight
 * rows are one of each class; then most ids are misplaced, as in the field. Rows come by ascending id and creation
 * time, over two days to two years; none is kept, so memory stays flat. None is soft-deleted: all of them count.
 * @param now milliseconds since 1970; the newest row is seconds older
 */
export function* manyRows(count: number, now: number): Generator<DemoRow, void, void> {
  const random = randomOf(128);
  const span = Math.min(Math.max(count * 10 * MINUTE, 2 * DAY), 730 * DAY);
  for (let index = 0; index < count; index++) {
    const age = 5 * SECOND + (span * (count - index - random.next())) / count;
    yield manyRow(random, index, ROW_CLASSES[index] ?? anyClass(random), now - age, now);
  }
}

function manyRow(random: Random, index: number, rowClass: RowClass, createdAt: number, now: number): DemoRow {
  const booking = bookingFields(random, createdAt, now);
  const sync = anySync(random, rowClass, createdAt, now, booking.company_id);
  return {
    id: String(index + 1),
    ...booking,
    source: anySource(random, rowClass),
    ...bookingIds(random, rowClass, index),
    ...sync,
    updated_at: sync.sync_verified_at ?? sync.last_sync_attempt_at ?? booking.created_at,
    deleted_at: null,
  };
}

function anyClass(random: Random): RowClass {
  return random.weighted([
    [64, 'misplaced'],
    [15, 'none'],
    [9, 'v2'],
    [7, 'both'],
    [4, 'v1'],
    [0.6, 'duplicate'],
    [0.2, 'conflict'],
    [0.2, 'review'],
  ]);
}

function anySource(random: Random, rowClass: RowClass): string {
  if (rowClass === 'none') return random.pick(['phone', 'phone', 'test', 'other']);
  return random.weighted([
    [94, 'cal.com'],
    [3, 'calcom_import'],
    [3, 'retell_transcript'],
  ]);
}

function bookingIds(random: Random, rowClass: RowClass, index: number) {
  const v1 = String(FIRST_V1 + index * V1_STEP + random.whole(0, V1_STEP - 1));
  const pair: Record<RowClass, () => readonly [string | null, string | null]> = {
    none: () => [null, null],
    v1: () => [v1, null],
    v2: () => [null, random.uid()],
    both: () => [v1, random.uid()],
    misplaced: () => [null, v1],
    duplicate: () => [v1, v1],
    conflict: () => [String(FIRST_CONFLICTING_V1 + index), v1],
    review: () => [null, ambiguous(random, v1)],
  };
  const [calcom_booking_id, calcom_v2_booking_id] = pair[rowClass]();
  return { calcom_booking_id, calcom_v2_booking_id };
}

/** A V1 id as people and programs spoil it. */
function ambiguous(random: Random, v1: string): string {
  return random.pick([`0${v1}`, `${v1}\n`, `${v1} `, `+${v1}`, `#${v1}`, v1.padEnd(22, '0')]);
}

/** Only rows with a booking id can be synced, and only the newest rows are still on their way. */
function anySync(random: Random, rowClass: RowClass, createdAt: number, now: number, tenant: string | null) {
  const withId = rowClass !== 'none';
  const kind = withId
    ? random.weighted([
        [58, 'pushed'],
        [34, 'calcom'],
        [8, 'never'],
      ])
    : random.weighted([
        [12, 'pushed'],
        [88, 'never'],
      ]);
  if (kind === 'never') return NEVER_SYNCED;
  if (kind === 'calcom') return fromCalcom(createdAt);

  const push = { origin: anyOrigin(random), initiatedAt: createdAt };
  if (now - createdAt < 3 * MINUTE) return pushed(random, { ...push, status: 'pending', attempts: 0 });
  if (withId && random.chance(0.975)) {
    const retried = random.chance(0.04);
    const latency = retried ? random.whole(8, 27) : random.whole(1, 6);
    return pushed(random, { ...push, status: 'synced', attempts: retried ? 2 : 1, latency });
  }
  return pushed(random, { ...push, ...unfinished(random, withId, createdAt, now, tenant) });
}

export function anyOrigin(random: Random): string {
  return random.weighted([
    [50, 'retell'],
    [30, 'admin'],
    [14, 'api'],
    [6, 'system'],
  ]);
}

function unfinished(
  random: Random,
  withId: boolean,
  createdAt: number,
  now: number,
  tenant: string | null,
): Pick<Push, 'status' | 'attempts' | 'error' | 'flaggedAt'> {
  const status = random.weighted([
    [75, 'failed'],
    [16, withId ? 'orphaned_calcom' : 'orphaned_local'],
    [9, 'verification_pending'],
  ]);
  if (status === 'verification_pending') return { status, attempts: 1 };
  const handled = now - createdAt > 30 * DAY || random.chance(0.3);
  const flagged = handled ? {} : { flaggedAt: Math.min(createdAt + random.whole(30, 120) * SECOND, now) };
  return { status, attempts: 3, error: syncErrorOf(random, tenant), ...flagged };
}
