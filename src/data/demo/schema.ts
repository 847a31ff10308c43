import { DEMO_COLUMNS } from './row.ts';

/**
 * The tables of the demo database as Laravel makes them on SQLite: the field's appointments with both sync migrations,
 * before the id migration, and the queue.
 */
export const TABLES = `
  CREATE TABLE appointments (
    id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id integer NOT NULL,
    branch_id varchar,
    staff_id varchar,
    starts_at datetime,
    ends_at datetime,
    status varchar NOT NULL DEFAULT 'scheduled',
    source varchar,
    calcom_booking_id integer,
    calcom_v2_booking_id varchar,
    sync_origin varchar,
    sync_initiated_at datetime,
    sync_job_id varchar,
    calcom_sync_status varchar,
    last_sync_attempt_at datetime,
    sync_attempt_count integer NOT NULL DEFAULT 0,
    sync_error_code varchar,
    sync_error_message text,
    sync_verified_at datetime,
    requires_manual_review tinyint(1) NOT NULL DEFAULT 0,
    manual_review_flagged_at datetime,
    created_at datetime,
    updated_at datetime,
    deleted_at datetime
  );
  CREATE TABLE migrations (
    id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    migration varchar NOT NULL,
    batch integer NOT NULL
  );
  CREATE TABLE jobs (
    id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    queue varchar NOT NULL,
    payload text NOT NULL,
    attempts integer NOT NULL,
    reserved_at integer,
    available_at integer NOT NULL,
    created_at integer NOT NULL
  );
  CREATE TABLE failed_jobs (
    id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    uuid varchar NOT NULL,
    connection text NOT NULL,
    queue text NOT NULL,
    payload text NOT NULL,
    exception text NOT NULL,
    failed_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP
  );
  INSERT INTO migrations (migration, batch) VALUES
    ('0001_01_01_000002_create_jobs_table', 1),
    ('2025_03_17_091204_create_appointments_table', 1),
    ('2025_09_02_140837_add_calcom_v2_booking_id_to_appointments', 2),
    ('2025_10_11_000000_add_calcom_sync_tracking_to_appointments', 3),
    ('2025_10_13_160319_add_sync_orchestration_to_appointments', 4);
`;

/** Those of the field that the console's queries can use, and the queue's. Made after the rows: twice as fast. */
export const INDEXES = [
  'INDEX appointments_company_id_starts_at_index ON appointments (company_id, starts_at)',
  'INDEX appointments_calcom_booking_id_index ON appointments (calcom_booking_id)',
  'UNIQUE INDEX appointments_calcom_v2_booking_id_unique ON appointments (calcom_v2_booking_id)',
  'INDEX appointments_calcom_sync_status_index ON appointments (calcom_sync_status, sync_initiated_at)',
  'INDEX appointments_manual_review_index ON appointments (requires_manual_review, manual_review_flagged_at)',
  'INDEX appointments_created_at_index ON appointments (created_at)',
  'INDEX jobs_queue_index ON jobs (queue)',
  'UNIQUE INDEX failed_jobs_uuid_unique ON failed_jobs (uuid)',
];

/** Takes the values of `DEMO_COLUMNS` in their order. */
export const INSERT_APPOINTMENT = `
  INSERT INTO appointments (${DEMO_COLUMNS.join(', ')}) VALUES (${DEMO_COLUMNS.map(() => '?').join(', ')})
`;
