import { sql } from 'kysely';
import type { FailedJob } from '../../model/laravel-job.ts';
import { Problem } from '../../model/problem.ts';
import type { Dialect, Expression } from '../connection.ts';
import { join } from '../queries/expressions.ts';
import { columnOf, own, type QueueTable } from '../queries/laravel-queue.ts';
import type { WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named } from './tables.ts';

/** Laravel's tables, both in the database of the session. */
export interface QueueTables {
  readonly failed: QueueTable;
  readonly jobs: QueueTable;
}

/** A failed job as it was read: it goes only as long as it still is that. */
export type ReadFailedJob = Pick<FailedJob, 'id' | 'uuid' | 'digest'>;

/** What became of each of some failed jobs, by id. */
export interface Requeued {
  readonly moved: readonly string[];
  /** Those that are in the queue already, which stay where they are. */
  readonly queued: readonly string[];
  /** Those that somebody moved, deleted or changed since they were read. */
  readonly changed: readonly string[];
}

/** How Laravel begins each payload, up to the value of its uuid. */
const BEGINNING = '{"uuid":"';
const beginningWith = (uuid: string): string => `${BEGINNING}${uuid}"`;

class Requeueing {
  readonly #speaker: Speaker;
  readonly #tables: QueueTables;

  constructor(speaker: Speaker, tables: QueueTables) {
    this.#speaker = speaker;
    this.#tables = tables;
  }

  /** Ids and uuids of the jobs that still are what was read, by id; nobody changes them any more. */
  async lock(jobs: readonly ReadFailedJob[]): Promise<ReadonlyMap<string, string>> {
    const { dialect } = this.#speaker;
    const { failed } = this.#tables;
    const [id, uuid, payload] = [own(failed, 'id'), own(failed, 'uuid'), own(failed, 'payload')];
    const rows = await this.#speaker.query(
      sql`SELECT ${dialect.text(id)} AS row_id, ${dialect.text(uuid)} AS row_uuid, ${dialect.digest(payload)} AS digest
        FROM ${named(failed.table)} WHERE ${this.#isOneOf(jobs.map((job) => job.id))} ORDER BY ${id} ${dialect.forUpdate()}`,
    );
    const wanted = new Map(jobs.map((job) => [job.id, job]));
    const same = rows.filter((row) => {
      const job = wanted.get(row['row_id'] ?? '');
      return job !== undefined && job.uuid === row['row_uuid'] && job.digest === row['digest'];
    });
    return new Map(same.map((row) => [row['row_id'] ?? '', row['row_uuid'] ?? '']));
  }

  /**
   * Which of some failed jobs, by id, are in the queue. Laravel begins each payload with the uuid, which is compared as
   * bytes; a payload that begins otherwise counts for a job whose uuid it holds anywhere.
   */
  async queued(jobs: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> {
    const { dialect } = this.#speaker;
    const payload = own(this.#tables.jobs, 'payload');
    const byLength = Map.groupBy(jobs.values(), (uuid) => beginningWith(uuid).length);
    const begins = (characters: number): Expression => dialect.shortText(payload, characters);
    const found = [...byLength].map(([length, uuids]) => {
      const rest = sql`${begins(length)} IN (${join(uuids.map((uuid) => sql`${beginningWith(uuid)}`))})`;
      return sql`SELECT ${begins(length)} AS beginning FROM ${named(this.#tables.jobs.table)} WHERE ${rest}`;
    });
    const strange = sql`${begins(BEGINNING.length)} <> ${BEGINNING}`;
    const rows = await this.#speaker.query(
      sql`${join(found, sql` UNION `)} UNION SELECT '' FROM ${named(this.#tables.jobs.table)} WHERE ${strange}`,
    );
    const beginnings = new Set(rows.map((row) => row['beginning']));
    const known = [...jobs].filter(([, uuid]) => beginnings.has(beginningWith(uuid))).map(([id]) => id);
    return new Set([...known, ...(beginnings.has('') ? await this.#heldBy(strange, jobs) : [])]);
  }

  async #heldBy(strange: Expression, jobs: ReadonlyMap<string, string>): Promise<readonly string[]> {
    const { dialect } = this.#speaker;
    const [id, uuid] = [own(this.#tables.failed, 'id'), own(this.#tables.failed, 'uuid')];
    const holds = sql`${dialect.text(own(this.#tables.jobs, 'payload'))} LIKE CONCAT('%', ${dialect.text(uuid)}, '%')`;
    const rows = await this.#speaker.query(
      sql`SELECT ${dialect.text(id)} AS row_id FROM ${named(this.#tables.failed.table)}
        WHERE ${this.#isOneOf([...jobs.keys()])}
          AND EXISTS (SELECT 1 FROM ${named(this.#tables.jobs.table)} WHERE ${strange} AND ${holds})`,
    );
    return rows.map((row) => row['row_id'] ?? '');
  }

  /** The server copies each row as Laravel writes it, without that a byte of the payload passes through here. */
  async move(ids: readonly string[]): Promise<void> {
    const { dialect } = this.#speaker;
    const { failed, jobs } = this.#tables;
    const columns = ['queue', 'payload', 'attempts', 'reserved_at', 'available_at', 'created_at'];
    const now = dialect.floor(dialect.now());
    const added = await this.#speaker.execute(
      sql`INSERT INTO ${named(jobs.table)} (${join(columns.map((name) => sql.id(name)))})
        SELECT ${own(failed, 'queue')}, ${own(failed, 'payload')}, 0, NULL, ${now}, ${now} FROM ${named(failed.table)}
        WHERE ${this.#isOneOf(ids)} ORDER BY ${own(failed, 'id')}`,
    );
    const removed = await this.#speaker.execute(sql`DELETE FROM ${named(failed.table)} WHERE ${this.#isOneOf(ids)}`);
    // A trigger or a rule may make something else of either.
    if (added !== ids.length || removed !== ids.length) {
      const what = `of ${ids.length} failed jobs ${added} went into the queue and ${removed} out of failed_jobs`;
      throw new Problem('sql', what, 'see which triggers the two tables have; nothing was moved');
    }
  }

  #isOneOf(ids: readonly string[]): Expression {
    const { failed } = this.#tables;
    const keys = ids.map((id) => this.#speaker.dialect.parameter(columnOf(failed, 'id'), id));
    return sql`${own(failed, 'id')} IN (${join(keys)})`;
  }
}

/**
 * Inside a transaction: puts failed jobs back into the queue as `php artisan queue:retry` does for the database driver, in
 * five statements for all of them. Each goes once, whoever else moves them at the same time by this way; those that the
 * caller has not found a `refusalOf` may be given.
 *
 * As Laravel (RetryCommand and DatabaseQueue, 8 to 13): attempts 0, reserved by nobody, available and created now, in
 * whole seconds by the database's clock. Laravel encodes the payload anew, which may change how a letter is escaped and
 * `{}` to `[]`; here it stays as it is.
 * @throws Problem blocked, where `failed_jobs` has no uuid; busy, where somebody else holds one of the rows; sql, where a
 *   column has no default or is too short
 */
export async function requeue(
  session: WritingSession,
  dialect: Dialect,
  tables: QueueTables,
  jobs: readonly ReadFailedJob[],
): Promise<Requeued> {
  if (!tables.failed.columns.has('uuid')) {
    const remedy = 'run php artisan queue:retry with the ids of the failed jobs';
    throw new Problem('blocked', 'failed_jobs has no column uuid, as before Laravel 8', remedy);
  }
  if (jobs.length === 0) return { moved: [], queued: [], changed: [] };
  const requeueing = new Requeueing(new Speaker(session, dialect), tables);
  const locked = await requeueing.lock(jobs);
  const ids = [...new Set(jobs.map(({ id }) => id))];
  const changed = ids.filter((id) => !locked.has(id));
  if (locked.size === 0) return { moved: [], queued: [], changed };
  const queued = await requeueing.queued(locked);
  // A table without a unique index may hold a uuid twice.
  const first = new Map([...locked].toReversed().map(([id, uuid]) => [uuid, id]));
  const moves = (id: string, uuid: string) => !queued.has(id) && first.get(uuid) === id;
  const [moved, left]: [string[], string[]] = [[], []];
  for (const [id, uuid] of locked) (moves(id, uuid) ? moved : left).push(id);
  if (moved.length > 0) await requeueing.move(moved);
  return { moved, queued: left, changed };
}
