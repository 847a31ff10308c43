import { sql } from 'kysely';
import type { KnownColumn } from '../../model/columns.ts';
import type { SyncState } from '../../model/review.ts';
import type { Expression, Row } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { all, join, reference, type Source, tableOf } from './expressions.ts';
import { between, qualified } from './id-rows.ts';
import { matches } from './row-conditions.ts';
import type { RowsFilter, RowsQuery } from './rows.ts';

/** Characters of a value that decides about a row: an origin, a status, an error code. */
const CHARACTERS = 255;
const MESSAGE_CHARACTERS = 1_000;

/** An appointment as far as its sync goes. */
export interface ReviewRow extends SyncState {
  readonly pk: string;
  readonly origin: string | null;
  readonly jobId: string | null;
  readonly errorMessage: string | null;
}

/** Which rows an action is about: some by their primary keys, or those of the queue that a filter shows. */
export type Selection =
  | { readonly ids: readonly string[] }
  | { readonly filter: RowsFilter; readonly columns: readonly KnownColumn[] };

/** The rows of a selection, as a condition. */
function selected(source: Source, selection: Selection): Expression {
  const { appointments, dialect } = source;
  if ('ids' in selection) {
    const keys = selection.ids.map((pk) => dialect.parameter(appointments.id, pk));
    return keys.length === 0 ? sql`1 = 0` : sql`${qualified(source, appointments.id.name)} IN (${join(keys)})`;
  }
  const query: RowsQuery = {
    filter: { ...selection.filter, inReview: true },
    sort: { column: 'id', direction: 'asc' },
    columns: selection.columns,
  };
  return matches(source, query);
}

function selection(source: Source): Expression {
  const { dialect, appointments } = source;
  const short = (name: KnownColumn, characters = CHARACTERS): Expression => {
    const column = reference(source, name);
    return column === undefined ? sql`NULL` : dialect.shortText(column, characters);
  };
  const moment = (name: KnownColumn): Expression => {
    const column = appointments.known.get(name);
    return column === undefined ? sql`NULL` : dialect.epoch(column);
  };
  const flag = reference(source, 'requires_manual_review');
  return join([
    sql`${dialect.text(sql.id(appointments.id.name))} AS row_pk`,
    sql`${short('sync_origin')} AS origin`,
    sql`${short('calcom_sync_status')} AS sync_status`,
    sql`${short('sync_job_id')} AS job_id`,
    sql`${short('sync_attempt_count')} AS attempts`,
    sql`${short('sync_error_code')} AS error_code`,
    sql`${short('sync_error_message', MESSAGE_CHARACTERS)} AS error_message`,
    sql`${flag === undefined ? sql`0` : dialect.truth(flag)} AS in_review`,
    sql`${moment('manual_review_flagged_at')} AS flagged_at`,
    sql`${moment('last_sync_attempt_at')} AS attempted_at`,
    sql`${moment('sync_verified_at')} AS verified_at`,
  ]);
}

function rowOf(row: Row): ReviewRow {
  const moment = (name: string): number | undefined => {
    const value = row[name] ?? null;
    return value === null ? undefined : Math.round(Number(value) * 1000);
  };
  return {
    pk: row['row_pk'] ?? '',
    origin: row['origin'] ?? null,
    status: row['sync_status'] ?? null,
    jobId: row['job_id'] ?? null,
    attempts: row['attempts'] ?? null,
    errorCode: row['error_code'] ?? null,
    errorMessage: row['error_message'] ?? null,
    inReview: row['in_review'] === '1',
    flaggedAt: moment('flagged_at'),
    attemptedAt: moment('attempted_at'),
    verifiedAt: moment('verified_at'),
  };
}

/** The next rows of a selection by primary key. @throws Problem */
export async function readReviewRows(
  database: Database,
  source: Source,
  wanted: Selection,
  stretch: { readonly after: string | undefined; readonly until: string; readonly limit: number },
  options: QueryOptions,
): Promise<readonly ReviewRow[]> {
  const key = qualified(source, source.appointments.id.name);
  const inside = all([selected(source, wanted), between(source, stretch.after, stretch.until)]);
  const rows = await database.query(
    sql`SELECT ${selection(source)} FROM ${tableOf(source)} WHERE ${inside} ORDER BY ${key} LIMIT ${sql.lit(stretch.limit)}`,
    options,
  );
  return rows.map(rowOf);
}

/**
 * Some rows by their primary keys; those that are gone are left out.
 * @param pks some hundreds: each is a parameter
 * @throws Problem
 */
export async function reviewRowsOf(
  database: Database,
  source: Source,
  pks: readonly string[],
  options: QueryOptions,
): Promise<ReadonlyMap<string, ReviewRow>> {
  if (pks.length === 0) return new Map();
  const rows = await database.query(
    sql`SELECT ${selection(source)} FROM ${tableOf(source)} WHERE ${selected(source, { ids: pks })}`,
    options,
  );
  return new Map(rows.map((row) => [row['row_pk'] ?? '', rowOf(row)] as const));
}

/** The largest primary key of a selection; undefined when it is empty. @throws Problem */
export async function lastSelected(
  database: Database,
  source: Source,
  wanted: Selection,
  options: QueryOptions,
): Promise<string | undefined> {
  const { id } = source.appointments;
  const [row] = await database.query(
    sql`SELECT ${source.dialect.text(sql.id(id.name))} AS last_pk FROM ${tableOf(source)} WHERE ${selected(source, wanted)}
      ORDER BY ${qualified(source, id.name)} DESC LIMIT 1`,
    options,
  );
  return row?.['last_pk'] ?? undefined;
}
