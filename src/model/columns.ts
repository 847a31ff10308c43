/**
 * The columns that apptop knows, by the names the field uses; a config may map each to another name. Only the first
 * three are required. Source: the appointments table of the real application and the eleven sync columns of its
 * two sync migrations.
 */
const REQUIRED_COLUMNS = ['id', 'calcom_booking_id', 'calcom_v2_booking_id'] as const;

export const SYNC_COLUMNS = [
  'sync_origin',
  'sync_initiated_at',
  'sync_job_id',
  'calcom_sync_status',
  'last_sync_attempt_at',
  'sync_attempt_count',
  'sync_error_message',
  'sync_error_code',
  'sync_verified_at',
  'requires_manual_review',
  'manual_review_flagged_at',
] as const;

const OTHER_COLUMNS = [
  'company_id',
  'branch_id',
  'staff_id',
  'starts_at',
  'ends_at',
  'status',
  'source',
  'created_at',
  'updated_at',
  'deleted_at',
  'calcom_v2_booking_uid',
  '_migration_backup_v2_id',
] as const;

export const KNOWN_COLUMNS = [...REQUIRED_COLUMNS, ...SYNC_COLUMNS, ...OTHER_COLUMNS] as const;

export type KnownColumn = (typeof KNOWN_COLUMNS)[number];

/** Where a move keeps the originals of the V2 column, between the move and its cleanup. */
export const BACKUP_COLUMN = '_migration_backup_v2_id' satisfies KnownColumn;
