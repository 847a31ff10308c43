import { sql } from 'kysely';
import { type FailedJob, isUuid } from '../../model/laravel-job.ts';
import { Problem } from '../../model/problem.ts';
import type { Dialect, Expression } from '../connection.ts';
import { all, any, join } from '../queries/expressions.ts';
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
const BEGINNING_CHARACTERS = beginningWith('0b6d1e3c-5a0e-4f7a-9c1d-000000000000').length;

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
        FROM ${dialect.byPrimaryKey(named(failed.table))} WHERE ${this.#isOneOf(jobs.map((job) => job.id))} ORDER BY ${id} ${dialect.forUpdate()}`,
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
    const isOne = sql`${this.#begins(BEGINNING_CHARACTERS)} IN (${join([...jobs.values()].map((uuid) => sql`${beginningWith(uuid)}`))})`;
    // One look at each row: a queue that grows by 10,000 jobs in batches of 500 is looked at 95,000 times.
    const rows = await this.#speaker.query(
      sql`SELECT DISTINCT CASE WHEN ${this.#strange} THEN '' ELSE ${this.#begins(BEGINNING_CHARACTERS)} END AS beginning
        FROM ${named(this.#tables.jobs.table)} WHERE ${any([isOne, this.#strange])}`,
    );
    const beginnings = new Set(rows.map((row) => row['beginning']));
    const known = [...jobs].filter(([, uuid]) => beginnings.has(beginningWith(uuid))).map(([id]) => id);
    return new Set([...known, ...(beginnings.has('') ? await this.#heldBy(jobs) : [])]);
  }

  async #heldBy(jobs: ReadonlyMap<string, string>): Promise<readonly string[]> {
    const { dialect } = this.#speaker;
    const [id, uuid] = [own(this.#tables.failed, 'id'), own(this.#tables.failed, 'uuid')];
    const holds = sql`${dialect.text(own(this.#tables.jobs, 'payload'))} LIKE CONCAT('%', ${dialect.text(uuid)}, '%')`;
    const rows = await this.#speaker.query(
      sql`SELECT ${dialect.text(id)} AS row_id FROM ${named(this.#tables.failed.table)}
        WHERE ${this.#isOneOf([...jobs.keys()])}
          AND EXISTS (SELECT 1 FROM ${named(this.#tables.jobs.table)} WHERE ${all([this.#strange, holds])})`,
    );
    return rows.map((row) => row['row_id'] ?? '');
  }

  /** Cut before it is converted: a third of the time where that copies the whole payload. */
  #begins(characters: number): Expression {
    const payload = own(this.#tables.jobs, 'payload');
    return this.#speaker.dialect.text(sql`SUBSTR(${payload}, 1, ${sql.lit(characters)})`);
  }

  /** Whether a payload does not begin as Laravel's do. */
  get #strange(): Expression {
    return sql`${this.#begins(BEGINNING.length)} <> ${sql.lit(BEGINNING)}`;
  }

  /** The server copies each row as Laravel writes it: no byte of a payload passes through here. */
  async move(ids: readonly string[]): Promise<void> {
    const { dialect } = this.#speaker;
    const { failed, jobs } = this.#tables;
    const columns = ['queue', 'payload', 'attempts', 'reserved_at', 'available_at', 'created_at'];
    const now = dialect.floor(dialect.now());
    const added = await this.#speaker.execute(
      sql`INSERT INTO ${named(jobs.table)} (${join(columns.map((name) => sql.id(name)))})
        SELECT ${own(failed, 'queue')}, ${own(failed, 'payload')}, 0, NULL, ${now}, ${now} FROM ${dialect.byPrimaryKey(named(failed.table))}
        WHERE ${this.#isOneOf(ids)} ORDER BY ${own(failed, 'id')}`,
    );
    const removed = await this.#speaker.execute(dialect.deleteByPrimaryKey(named(failed.table), this.#isOneOf(ids)));
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
 * four statements for all of them. To be given are those for which there is no `refusalOf`. Each goes once, whoever else moves
 * them by this way at the same moment. Laravel's own command locks nothing between its look at a failed job and its
 * putting it into the queue: whoever runs that for the same job in these milliseconds may have it run twice.
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
  const strange = jobs.find(({ uuid }) => uuid === null || !isUuid(uuid));
  if (strange !== undefined) throw new Error(`failed job ${strange.id} was refused before: its uuid is none`);
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
