import type { KnownColumn } from '../../model/columns.ts';
import { type Random, randomOf } from './random.ts';

/**
 * The columns of a demo appointment, in the table's order. The backup column and the uid column are absent, as before
 * the id migration in the field.
 */
export const DEMO_COLUMNS = [
  'id',
  'company_id',
  'branch_id',
  'staff_id',
  'starts_at',
  'ends_at',
  'status',
  'source',
  'calcom_booking_id',
  'calcom_v2_booking_id',
  'sync_origin',
  'sync_initiated_at',
  'sync_job_id',
  'calcom_sync_status',
  'last_sync_attempt_at',
  'sync_attempt_count',
  'sync_error_code',
  'sync_error_message',
  'sync_verified_at',
  'requires_manual_review',
  'manual_review_flagged_at',
  'created_at',
  'updated_at',
  'deleted_at',
] as const satisfies readonly KnownColumn[];

type DemoColumn = (typeof DEMO_COLUMNS)[number];
export type Fields<Column extends DemoColumn> = Readonly<Record<Column, string | null>>;

/** One appointment: numbers as decimal text, booleans as `0` and `1`, times as `2025-10-13 16:03:19` in UTC. */
export type DemoRow = Fields<DemoColumn>;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const dates = new Map<number, string>();

function dateOf(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY).toISOString().slice(0, 10);
  dates.set(day, date);
  return date;
}

/**
 * A time in milliseconds since 1970 as Laravel writes it, in whole seconds UTC. A row has five of them: with
 * `toISOString` alone they were two thirds of the time that a million rows took.
 */
export function timestamp(ms: number): string {
  const day = Math.floor(ms / DAY);
  const second = Math.floor((ms - day * DAY) / SECOND);
  const hours = TWO_DIGITS[Math.floor(second / 3_600)];
  return `${dateOf(day)} ${hours}:${TWO_DIGITS[Math.floor(second / 60) % 60]}:${TWO_DIGITS[second % 60]}`;
}

/** A tenant: its id, its branch and the staff that can be booked there. */
interface Company {
  readonly id: string;
  readonly branch: string;
  readonly staff: readonly [string, ...string[]];
}

function companyOf(id: string): Company {
  const random = randomOf(Number(id));
  const staff = Array.from({ length: 5 }, () => random.uuid());
  return { id, branch: random.uuid(), staff: [random.uuid(), ...staff] };
}

/** The tenant whose Cal.com key has expired: every HTTP 401 is one of its appointments. */
export const EXPIRED_KEY_TENANT = '15';

const COMPANIES = [
  [55, companyOf('1')],
  [20, companyOf(EXPIRED_KEY_TENANT)],
  [15, companyOf('28')],
  [10, companyOf('33')],
] as const;

type BookingColumn = 'company_id' | 'branch_id' | 'staff_id' | 'starts_at' | 'ends_at' | 'status' | 'created_at';

/** Where and when somebody is booked, and how it went, for an appointment made at `createdAt`; any tenant by default. */
export function bookingFields(random: Random, createdAt: number, now: number, tenant?: string): Fields<BookingColumn> {
  const drawn = random.weighted(COMPANIES);
  const company = COMPANIES.map(([, each]) => each).find((each) => each.id === tenant) ?? drawn;
  const midnight = Math.floor(createdAt / DAY) * DAY;
  const startsAt = midnight + random.whole(1, 21) * DAY + random.whole(32, 71) * 15 * MINUTE;
  const status =
    startsAt < now
      ? random.weighted([
          [80, 'completed'],
          [13, 'cancelled'],
          [7, 'no_show'],
        ])
      : random.weighted([
          [75, 'confirmed'],
          [13, 'scheduled'],
          [12, 'cancelled'],
        ]);
  return {
    company_id: company.id,
    branch_id: company.branch,
    staff_id: random.pick(company.staff),
    starts_at: timestamp(startsAt),
    ends_at: timestamp(startsAt + random.pick([30, 45, 60]) * MINUTE),
    status,
    created_at: timestamp(createdAt),
  };
}
