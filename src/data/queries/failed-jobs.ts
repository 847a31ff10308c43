import { sql } from 'kysely';
import type { FailedJob } from '../../model/laravel-job.ts';
import { causeOf, type ErrorCause } from '../../model/sync.ts';
import type { Database, QueryOptions } from '../database.ts';
import { named } from '../state/tables.ts';
import { join, type Source, tableOf } from './expressions.ts';
import { columnOf, type JobStretch, type JobsFound, own, type QueueTable, readPayloads } from './laravel-queue.ts';

/** Characters of an exception that are compared: its class, its message, and where it was thrown. */
const EXCEPTION_CHARACTERS = 300;
/** Different beginnings of exceptions that are told apart; the rest is only counted. */
const MOST_EXCEPTIONS = 1_000;
/** Rows that are read at once. */
const STRETCH = 500;
/** The newest jobs, whose payloads are read to sum them up. */
const MOST_READ = 20_000;
/** Jobs that belong to nothing, to be shown. */
const MOST_SHOWN = 20;

/**
 * Reads a stretch of the failed jobs by id. With `appointments` the server looks for these ids first, and the parsed
 * command decides; what can't be read is about none.
 * @throws Problem
 */
export async function readFailedJobs(
  database: Database,
  failed: QueueTable,
  stretch: JobStretch,
  options: QueryOptions,
): Promise<JobsFound<FailedJob>> {
  const names = ['connection', 'queue', 'failed_at', ...(failed.columns.has('uuid') ? ['uuid'] : [])];
  const found = await readPayloads(database, failed, names, stretch, options);
  const jobs = found.jobs.map(
    ({ row, id, payloadBytes, digest, job }): FailedJob => ({
      id,
      uuid: row['row_uuid'] ?? null,
      connection: row['row_connection'] ?? '',
      queue: row['row_queue'] ?? '',
      failedAt: row['row_failed_at'] ?? null,
      payloadBytes,
      digest,
      job,
    }),
  );
  return { ...found, jobs };
}

/** A failed job's texts as they stand there. */
export interface FailedTexts {
  readonly payload: string;
  readonly exception: string;
}

/**
 * One failed job in full, each text cut to so many characters; undefined where it is gone.
 * @throws Problem
 */
export async function readFailedTexts(
  database: Database,
  failed: QueueTable,
  id: string,
  characters: number,
  options: QueryOptions,
): Promise<FailedTexts | undefined> {
  const { dialect } = database;
  const [row] = await database.query(
    sql`SELECT ${dialect.shortText(own(failed, 'payload'), characters)} AS payload_text,
        ${dialect.shortText(own(failed, 'exception'), characters)} AS exception_text
      FROM ${named(failed.table)} WHERE ${own(failed, 'id')} = ${dialect.parameter(columnOf(failed, 'id'), id)}`,
    options,
  );
  return row && { payload: row['payload_text'] ?? '', exception: row['exception_text'] ?? '' };
}

/** Failed jobs with the same exception. */
export interface ExceptionGroup {
  /** As PHP writes it: `RuntimeException`; empty where the text begins with none. */
  readonly class: string;
  /** The first line, without the place in the code. */
  readonly message: string;
  readonly count: number;
  readonly cause: ErrorCause | undefined;
}

export interface ExceptionSummary {
  readonly total: number;
  /** Seconds by the database's clock since the oldest failed; undefined where there is none. */
  readonly oldestSeconds: number | undefined;
  /** The most frequent first. */
  readonly groups: readonly ExceptionGroup[];
  /** Jobs with yet other exceptions, where there are too many to tell apart. */
  readonly others: number;
}

/** The class and the first line of an exception as PHP writes it: `Class: message in /path:187`, then the trace. */
export function exceptionParts(exception: string): Pick<ExceptionGroup, 'class' | 'message'> {
  const line = exception.split(/\r?\n/, 1)[0] ?? '';
  const [, name = '', said = ''] = /^([A-Za-z_][\w\\]*)(?:: (.*)| in .*)?$/.exec(line) ?? ['', '', line];
  return { class: name, message: said.replace(/^(.*) in (?:\/|[A-Z]:\\|phar:).*$/, '$1') };
}

/**
 * Sums the failed jobs up by their exceptions; the whole table is read once.
 * @throws Problem
 */
export async function summariseExceptions(
  database: Database,
  failed: QueueTable,
  options: QueryOptions,
): Promise<ExceptionSummary> {
  const { dialect } = database;
  const [whole] = await database.query(
    sql`SELECT COUNT(*) AS n, ${dialect.now()} - MIN(${dialect.epoch(columnOf(failed, 'failed_at'))}) AS oldest
      FROM ${named(failed.table)}`,
    options,
  );
  const rows = await database.query(
    sql`SELECT beginning, COUNT(*) AS n
      FROM (SELECT ${dialect.shortText(own(failed, 'exception'), EXCEPTION_CHARACTERS)} AS beginning FROM ${named(failed.table)}) AS begun
      GROUP BY beginning ORDER BY COUNT(*) DESC, beginning LIMIT ${sql.lit(MOST_EXCEPTIONS)}`,
    options,
  );
  const groups = new Map<string, ExceptionGroup>();
  for (const row of rows) {
    const parts = exceptionParts(row['beginning'] ?? '');
    const key = JSON.stringify(parts);
    const count = Number(row['n']) + (groups.get(key)?.count ?? 0);
    groups.set(key, { ...parts, count, cause: causeOf(parts.class, parts.message) });
  }
  const total = Number(whole?.['n']);
  const told = rows.reduce((sum, row) => sum + Number(row['n']), 0);
  return {
    total,
    oldestSeconds: secondsOf(whole?.['oldest']),
    groups: [...groups.values()].sort((left, right) => right.count - left.count),
    // Others may have come or gone between the two queries.
    others: rows.length < MOST_EXCEPTIONS ? 0 : Math.max(0, total - told),
  };
}

export interface JobSummary {
  /** By what runs, the most frequent first; undefined is a payload that does not tell. */
  readonly classes: readonly { readonly class: string | undefined; readonly count: number }[];
  /** Jobs without an appointment in them, or whose appointments are all gone from the table. */
  readonly strays: number;
  /** The newest of them. */
  readonly strayJobs: readonly FailedJob[];
  /** Jobs of which nobody but the application knows what they are about. */
  readonly unreadable: number;
  /** How many jobs that is about: the newest, up to 20,000. */
  readonly looked: number;
}

/**
 * Sums the newest failed jobs up by what their payloads say.
 * @throws Problem
 */
export async function summariseJobs(
  database: Database,
  failed: QueueTable,
  source: Source,
  options: QueryOptions & { readonly appointmentClass?: string | undefined },
): Promise<JobSummary> {
  const classes = new Map<string | undefined, number>();
  let [strays, unreadable, looked] = [0, 0, 0];
  let strayJobs: readonly FailedJob[] = [];
  let after = await beforeNewest(database, failed, options);
  for (;;) {
    const stretch = { after, limit: STRETCH, appointmentClass: options.appointmentClass };
    const { last, jobs, scanned } = await readFailedJobs(database, failed, stretch, options);
    if (last === undefined) break;
    [after, looked] = [last, looked + scanned];
    const ids = new Set(jobs.flatMap(({ job }) => job.appointmentIds));
    const there = await existingAppointments(database, source, [...ids], options);
    for (const { job } of jobs) classes.set(job.class, (classes.get(job.class) ?? 0) + 1);
    const read = jobs.filter(({ job }) => job.readable);
    const stray = read.filter(({ job }) => !job.appointmentIds.some((id) => there.has(id)));
    strays += stray.length;
    unreadable += jobs.length - read.length;
    strayJobs = [...stray.toReversed(), ...strayJobs].slice(0, MOST_SHOWN);
  }
  const counted = [...classes].map(([name, count]) => ({ class: name, count }));
  return { classes: counted.sort((left, right) => right.count - left.count), strays, strayJobs, unreadable, looked };
}

/** The id behind which the newest jobs are; undefined where that is all of them. */
async function beforeNewest(database: Database, failed: QueueTable, options: QueryOptions) {
  const id = own(failed, 'id');
  const [row] = await database.query(
    sql`SELECT ${database.dialect.text(id)} AS row_id FROM ${named(failed.table)} ORDER BY ${id} DESC
      LIMIT 1 OFFSET ${sql.lit(MOST_READ)}`,
    options,
  );
  return row?.['row_id'] ?? undefined;
}

/** Ids of one query. */
const MOST_IDS = 1_000;

/**
 * Which of some appointments have a row, soft-deleted or not: Laravel finds these, too.
 * @throws Problem
 */
export async function existingAppointments(
  database: Database,
  source: Source,
  ids: readonly string[],
  options: QueryOptions,
): Promise<ReadonlySet<string>> {
  const { dialect, appointments } = source;
  const there = new Set<string>();
  for (let from = 0; from < ids.length; from += MOST_IDS) {
    const keys = ids.slice(from, from + MOST_IDS).map((id) => dialect.parameter(appointments.id, id));
    const rows = await database.query(
      sql`SELECT ${dialect.text(sql.id(appointments.id.name))} AS row_pk FROM ${tableOf(source)}
        WHERE ${sql.id(appointments.id.name)} IN (${join(keys)})`,
      options,
    );
    for (const row of rows) there.add(row['row_pk'] ?? '');
  }
  return there;
}

/** Seconds as the database counts them; undefined for none. */
export const secondsOf = (value: string | null | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
