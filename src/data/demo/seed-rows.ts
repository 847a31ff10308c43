import { type Random, randomOf } from './random.ts';
import { bookingFields, type DemoRow, EXPIRED_KEY_TENANT, HOUR, MINUTE, SECOND } from './row.ts';
import { fromCalcom, NEVER_SYNCED, type Push, pushed, SYNC_ERRORS } from './sync-fields.ts';

/** An appointment before it has its ids. */
interface Draft {
  readonly createdAt: number;
  readonly source: string;
  readonly ids: 'misplaced' | 'both' | 'v2' | 'none';
  readonly sync: ReturnType<typeof pushed>;
  readonly tenant?: string;
}

/** The appointment that the migration's documents show, with the V1 id in its V2 column. */
const SHOWN = { id: 512, v1: 8_212_577, position: 82 };

/**
 * The 128 appointments of the id migration's documents: 102 misplaced, 2 both, 1 V2 only, 23 without an id; sources
 * cal.com 101, calcom_import 2, retell_transcript 2, phone 9, test 6, other 8.
 *
 * Of the 72 rows created in the last 24 h by the pushed origins 67 are synced (93.1 %), 3 pending and 2 failed; the
 * last hour's 16 latencies average 4.1 s, at most 27 s; 5 rows are in review, the oldest for 3 h. The figures hold
 * for at least the first minutes after `now`.
 * @param now milliseconds since 1970
 */
export function seedRows(now: number): readonly DemoRow[] {
  const random = randomOf(512);
  const drafts = [
    ...syncedToday(random, now),
    ...pendingNow(random, now),
    ...inReview(random, now),
    ...bookedOnCalcom(random, now),
    ...pushedEarlier(random, now),
    ...neverSynced(random, now),
  ].sort((a, b) => a.createdAt - b.createdAt);

  const shown = drafts.findIndex((draft, index) => index >= SHOWN.position && draft.ids === 'misplaced');
  const v1s = ascending(random, drafts.length);
  const shift = SHOWN.v1 - (v1s[shown] ?? 0);
  return drafts.map((draft, index) => {
    const booking = bookingFields(random, draft.createdAt, now, draft.tenant);
    return {
      id: String(SHOWN.id - shown + index),
      ...booking,
      source: draft.source,
      ...bookingIds(random, draft.ids, String((v1s[index] ?? 0) + shift)),
      ...draft.sync,
      updated_at: draft.sync.sync_verified_at ?? draft.sync.last_sync_attempt_at ?? booking.created_at,
      deleted_at: null,
    };
  });
}

function bookingIds(random: Random, ids: Draft['ids'], v1: string) {
  const v2 = { misplaced: v1, both: random.uid(), v2: random.uid(), none: null };
  return { calcom_booking_id: ids === 'both' ? v1 : null, calcom_v2_booking_id: v2[ids] };
}

/** Cal.com counts the bookings of all its users, so ours are some way apart. */
function ascending(random: Random, count: number): readonly number[] {
  let last = 0;
  return Array.from({ length: count }, () => (last += random.whole(20, 400)));
}

/** 16 of them add up to 66 s: 4.1 s on average. */
const LAST_HOUR_LATENCIES = [3, 2, 4, 27, 1, 2, 3, 2, 4, 3, 2, 3, 1, 4, 2, 3];
const SYNCED_TODAY = 67;

/** Booked on Cal.com and changed here since, which is what was synced. The first three are the rows with a V2 uid. */
function syncedToday(random: Random, now: number): readonly Draft[] {
  return Array.from({ length: SYNCED_TODAY }, (_, index) => {
    const lastHour = LAST_HOUR_LATENCIES[index];
    const minutesAgo = lastHour === undefined ? random.whole(70, 1_350) : 3 * (index + 1);
    const initiatedAt = now - minutesAgo * MINUTE;
    const attempts = (lastHour ?? 0) > 20 || index % 10 === 9 ? 2 : 1;
    const latency = lastHour ?? (attempts === 1 ? random.whole(1, 6) : random.whole(8, 20));
    const transcribed = index < 2;
    const origin = transcribed ? 'retell' : originOf(index);
    return {
      createdAt: Math.max(initiatedAt - random.whole(5, 360) * MINUTE, now - 23 * HOUR + index * SECOND),
      source: transcribed ? 'retell_transcript' : 'cal.com',
      ids: index === 0 ? 'v2' : index < 3 ? 'both' : 'misplaced',
      sync: pushed(random, { origin, status: 'synced', initiatedAt, attempts, latency }),
    };
  });
}

/** Retell 5, admin 3, api 1, system 1 of ten. */
function originOf(index: number): string {
  const origins = ['retell', 'admin', 'retell', 'api', 'retell', 'admin', 'retell', 'system', 'admin', 'retell'];
  return origins[index % origins.length] ?? 'retell';
}

/** On their way: none of them lacks a booking id, so that syncing them changes no class. */
function pendingNow(random: Random, now: number): readonly Draft[] {
  const pushes: readonly Omit<Push, 'initiatedAt' | 'status'>[] = [
    { origin: 'admin', attempts: 0 },
    { origin: 'retell', attempts: 0 },
    { origin: 'api', attempts: 1, error: SYNC_ERRORS.runtime503 },
  ];
  return pushes.map((push, index) => {
    const initiatedAt = now - (index * 4 + 3) * SECOND;
    return {
      createdAt: initiatedAt - random.whole(30, 600) * MINUTE,
      source: 'cal.com',
      ids: 'misplaced',
      sync: pushed(random, { ...push, status: 'pending', initiatedAt }),
    };
  });
}

/** The manual-review queue: three appointments of earlier days that could not be changed, two of today never booked. */
function inReview(random: Random, now: number): readonly Draft[] {
  const flagged = (
    push: Pick<Push, 'origin' | 'error'>,
    minutes: number,
    draft: Pick<Draft, 'source' | 'ids' | 'tenant'> & { readonly hoursOld: number },
  ): Draft => {
    const flaggedAt = now - minutes * MINUTE;
    const { hoursOld, ...rest } = draft;
    return {
      ...rest,
      createdAt: flaggedAt - MINUTE - hoursOld * HOUR,
      sync: pushed(random, { ...push, status: 'failed', initiatedAt: flaggedAt - 40 * SECOND, attempts: 3, flaggedAt }),
    };
  };
  const { http401, runtime401, http422, timeout } = SYNC_ERRORS;
  const booked = { source: 'cal.com', ids: 'misplaced' } as const;
  const called = { source: 'phone', ids: 'none' } as const;
  const expired = { tenant: EXPIRED_KEY_TENANT };
  return [
    flagged({ origin: 'admin', error: http401 }, 184, { ...booked, ...expired, hoursOld: 60 }),
    flagged({ origin: 'retell', error: runtime401 }, 141, { ...booked, ...expired, hoursOld: 95 }),
    flagged({ origin: 'admin', error: http422 }, 97, { ...booked, tenant: '1', hoursOld: 31 }),
    flagged({ origin: 'retell', error: http401 }, 52, { ...called, ...expired, hoursOld: 0 }),
    flagged({ origin: 'retell', error: timeout }, 14, { ...called, tenant: '28', hoursOld: 0 }),
  ];
}

function bookedOnCalcom(random: Random, now: number): readonly Draft[] {
  return Array.from({ length: 24 }, (_, index) => {
    const createdAt = now - random.whole(20, index < 9 ? 1_300 : 26_000) * MINUTE;
    return {
      createdAt,
      source: index >= 22 ? 'calcom_import' : 'cal.com',
      ids: 'misplaced',
      sync: fromCalcom(createdAt + SECOND),
    };
  });
}

function pushedEarlier(random: Random, now: number): readonly Draft[] {
  return Array.from({ length: 8 }, (_, index) => {
    const status = index === 0 ? 'orphaned_calcom' : index === 1 ? 'verification_pending' : 'synced';
    const initiatedAt = now - random.whole(30, 160) * HOUR;
    const push = { origin: originOf(index), status, initiatedAt, attempts: index === 2 ? 2 : 1 };
    return {
      createdAt: initiatedAt - random.whole(5, 600) * MINUTE,
      source: 'cal.com',
      ids: 'misplaced',
      sync: pushed(random, status === 'synced' ? { ...push, latency: random.whole(2, 9) } : push),
    };
  });
}

/** From before there was a sync. */
function neverSynced(random: Random, now: number): readonly Draft[] {
  const sources = [...Array(7).fill('phone'), ...Array(6).fill('test'), ...Array(8).fill('other')];
  return sources.map((source: string) => ({
    createdAt: now - random.whole(9 * 24, 45 * 24) * HOUR - random.whole(0, 59) * MINUTE,
    source,
    ids: 'none',
    sync: NEVER_SYNCED,
  }));
}
