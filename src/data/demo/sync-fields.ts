import type { SYNC_COLUMNS } from '../../model/columns.ts';
import type { Random } from './random.ts';
import { EXPIRED_KEY_TENANT, type Fields, SECOND, timestamp } from './row.ts';

type SyncFields = Fields<(typeof SYNC_COLUMNS)[number]>;

/** What the application writes into a row when a sync fails. */
export interface SyncError {
  readonly code: string;
  readonly message: string;
}

/** As in the field: some codes are only the exception's name, and the HTTP status is in the message. */
export const SYNC_ERRORS = {
  http401: {
    code: 'HTTP_401',
    message: 'Cal.com rejected the booking: {"code":"UnauthorizedException","message":"Invalid API Key"}',
  },
  runtime401: {
    code: 'RuntimeException',
    message: 'Cal.com API v2 request failed: HTTP 401 UnauthorizedException: Invalid API Key',
  },
  http422: {
    code: 'HTTP_422',
    message: 'Cal.com rejected the booking: attendee.timeZone must be a valid IANA time zone',
  },
  runtime503: {
    code: 'RuntimeException',
    message: 'Cal.com API v2 request failed: HTTP 503 Service Unavailable',
  },
  timeout: {
    code: 'timeout',
    message: 'cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received',
  },
} as const satisfies Readonly<Record<string, SyncError>>;

/** An error that a tenant's appointments run into. */
export function syncErrorOf(random: Random, tenant: string | null): SyncError {
  if (tenant === EXPIRED_KEY_TENANT) return random.chance(0.6) ? SYNC_ERRORS.http401 : SYNC_ERRORS.runtime401;
  return random.weighted<SyncError>([
    [35, SYNC_ERRORS.http422],
    [20, SYNC_ERRORS.runtime503],
    [45, SYNC_ERRORS.timeout],
  ]);
}

/** A row from before the sync, or one that never goes to Cal.com. */
export const NEVER_SYNCED: SyncFields = {
  sync_origin: null,
  sync_initiated_at: null,
  sync_job_id: null,
  calcom_sync_status: null,
  last_sync_attempt_at: null,
  sync_attempt_count: '0',
  sync_error_code: null,
  sync_error_message: null,
  sync_verified_at: null,
  requires_manual_review: '0',
  manual_review_flagged_at: null,
};

/** A row that a webhook of Cal.com made: nothing goes back, so it has neither job nor attempt. */
export function fromCalcom(receivedAt: number): SyncFields {
  return {
    ...NEVER_SYNCED,
    sync_origin: 'calcom',
    calcom_sync_status: 'synced',
    sync_verified_at: timestamp(receivedAt),
  };
}

/** One push of an appointment to Cal.com, as far as it got. */
export interface Push {
  readonly origin: string;
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly initiatedAt: number;
  readonly attempts: number;
  /** Seconds until it was verified; absent while it is not. */
  readonly latency?: number;
  readonly error?: SyncError;
  /** Milliseconds since 1970; absent when nobody has to look. */
  readonly flaggedAt?: number;
}

/** The sync columns of a row that the application pushes to Cal.com. */
export function pushed(random: Random, push: Push): SyncFields {
  const verifiedAt = push.latency === undefined ? undefined : push.initiatedAt + push.latency * SECOND;
  const lastAttemptAt = push.attempts === 0 ? undefined : (verifiedAt ?? push.initiatedAt + push.attempts * 3 * SECOND);
  const orNull = (ms: number | undefined) => (ms === undefined ? null : timestamp(ms));
  return {
    sync_origin: push.origin,
    sync_initiated_at: timestamp(push.initiatedAt),
    sync_job_id: random.uuid(),
    calcom_sync_status: push.status,
    last_sync_attempt_at: orNull(push.flaggedAt ?? lastAttemptAt),
    sync_attempt_count: String(push.attempts),
    sync_error_code: push.error?.code ?? null,
    sync_error_message: push.error?.message ?? null,
    sync_verified_at: orNull(verifiedAt),
    requires_manual_review: push.flaggedAt === undefined ? '0' : '1',
    manual_review_flagged_at: orNull(push.flaggedAt),
  };
}
