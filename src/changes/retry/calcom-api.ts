import type { CalcomApi } from '../../config/retry.ts';
import { type NewValues, NOW } from '../../data/appointment-writes.ts';
import type { Source } from '../../data/queries/expressions.ts';
import type { ReviewRow } from '../../data/queries/review-rows.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { CarriedOut } from '../batch-work.ts';
import type { ChangeGround } from '../change.ts';
import { UNFLAGGED } from '../review/dismiss.ts';
import { type Appointment, readAppointments } from './calcom-api/appointment.ts';
import { isUnauthorized, retryBookings } from './calcom-api/batch.ts';
import { CalcomClient } from './calcom-api/client.ts';
import { waitWords } from './calcom-api/clock.ts';
import type { RetryResult as ApiResult } from './calcom-api/retry-booking.ts';
import { outsideAction } from './outside.ts';
import type { MakeStrategy, RetryItem, RetryResult } from './strategy.ts';

/** The column counts to 255. */
const MOST_ATTEMPTS = 255;

/** What becomes of a row that Cal.com agrees with now. Where the uid has a column of its own, the V2 column holds the number. */
function synced({ appointments, bookingIds }: Source, v1Id: string | null, uid: string | null): NewValues {
  const apart = bookingIds.layout === 'detect' && appointments.known.has('calcom_v2_booking_uid');
  return {
    ...(v1Id !== null && { [apart ? 'calcom_v2_booking_id' : 'calcom_booking_id']: v1Id }),
    ...(uid !== null && { [apart ? 'calcom_v2_booking_uid' : 'calcom_v2_booking_id']: uid }),
    calcom_sync_status: 'synced',
    sync_verified_at: NOW,
    last_sync_attempt_at: NOW,
    sync_error_code: null,
    sync_error_message: null,
    ...UNFLAGGED,
  };
}

/** What becomes of one that it does not: a person sees it with the new error. */
const failing = (code: string, message: string, { attempts }: ReviewRow): NewValues => ({
  calcom_sync_status: 'failed',
  last_sync_attempt_at: NOW,
  sync_attempt_count: String(Math.min(MOST_ATTEMPTS, Number(attempts ?? 0) + 1)),
  sync_error_code: code,
  sync_error_message: message,
  requires_manual_review: '1',
  manual_review_flagged_at: NOW,
});

const DONE = { create: 'booked', cancel: 'cancelled', reschedule: 'moved', nothing: 'as it should be' } as const;

function resultOf(source: Source, row: ReviewRow, result: ApiResult): RetryResult {
  switch (result.kind) {
    case 'succeeded': {
      const { action, v1Id, uid } = result;
      const detail = uid === null ? DONE[action] : `${DONE[action]}: ${uid}`;
      return { outcome: 'succeeded', detail, sets: synced(source, v1Id, uid) };
    }
    case 'failed':
    case 'unknown': {
      const { kind, code, message } = result;
      return { outcome: kind, detail: `${code}: ${message}`, sets: failing(code, message, row) };
    }
    case 'refused':
      return { outcome: 'refused', detail: result.reason, sets: {} };
    case 'left':
      return { outcome: 'refused', detail: 'not tried: the key was refused meanwhile', sets: {} };
    default:
      return result satisfies never;
  }
}

const GONE: RetryResult = { outcome: 'refused', detail: 'the row is gone', sets: {} };

/** Reads no further once the run is to stand still: what has begun goes on to its end. */
function* until(signal: AbortSignal, appointments: readonly Appointment[]): Generator<Appointment> {
  for (const appointment of appointments) {
    if (signal.aborted) return;
    yield appointment;
  }
}

async function carryOut(
  { database, source, options }: ChangeGround,
  { api, client }: { readonly api: CalcomApi; readonly client: CalcomClient },
  items: readonly RetryItem[],
  { signal, say }: { readonly signal: AbortSignal; readonly say: (reason: string | undefined) => void },
): Promise<CarriedOut<RetryItem>> {
  const pks = items.map(({ row }) => row.pk);
  const appointments = await readAppointments(database, source, api.sql, pks, options);
  const there = new Set(appointments.map(({ pk }) => pk));
  const results = new Map<string, ApiResult>();
  const asking = {
    signal: new AbortController().signal,
    parallel: api.parallel,
    onWait: (wait: Parameters<typeof waitWords>[0]) => say(waitWords(wait)),
  };
  for await (const { appointment, result } of retryBookings(client, until(signal, appointments), asking)) {
    results.set(appointment.pk, result);
    say(undefined);
  }
  const done = items.flatMap((item): RetryItem[] => {
    const { row } = item;
    const result = results.get(row.pk);
    if (result !== undefined) return [{ ...item, result: resultOf(source, row, result) }];
    return there.has(row.pk) ? [] : [{ ...item, result: GONE }];
  });
  const refused = [...results.values()].some(isUnauthorized);
  return { items: done, halt: refused ? 'Cal.com refuses the API key (401)' : undefined };
}

function apiOf({ context }: ChangeGround): CalcomApi {
  const api = context.retry?.calcomApi;
  if (api instanceof Problem) throw api;
  if (api !== undefined) return api;
  const remedy = `add it to contexts.${context.name} in the config`;
  throw new Problem('config', 'the strategy calcom-api needs retry.calcomApi', remedy);
}

/** Asks Cal.com's API, which is verified before anything that could double a booking. */
export const calcomApi: MakeStrategy = (ground) => {
  const api = apiOf(ground);
  const client = new CalcomClient(api);
  return {
    action: outsideAction(ground, {
      // All of a batch begin at once: what is on record as begun has begun.
      most: api.parallel,
      // It is verified before anything else.
      interrupted: undefined,
      carryOut: (items, how) => carryOut(ground, { api, client }, items, how),
    }),
    words: {
      does: (rows) =>
        `asks ${new URL(api.baseUrl).host} for ${counted(rows, 'appointment')}, ${api.parallel} at the same time, and verifies each before and after`,
      sql: [
        `UPDATE ${ground.source.appointments.table.name} SET the booking's ids, its sync columns and its flag, row by row`,
      ],
      sample: ({ row }) => ({
        action: 'ask',
        before: { calcom_sync_status: row.status, sync_error_code: row.errorCode },
        after: { calcom_sync_status: 'synced', sync_error_code: null },
      }),
      notes: ['what was booked, moved or cancelled in Cal.com is not taken back by a rollback'],
      rowsPerSecond: 1,
    },
  };
};
