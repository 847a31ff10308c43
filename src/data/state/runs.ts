import { sql } from 'kysely';
import { NO_COUNTS, RUN_STATES, type Run, type RunCounts, type RunRequest, type RunState } from '../../model/run.ts';
import type { Dialect, Expression, Row, TableName } from '../connection.ts';
import { all } from '../queries/expressions.ts';
import type { WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named, stateTable } from './tables.ts';

const REQUESTS: readonly RunRequest[] = ['pause', 'cancel'];

/** Characters of a reason, a holder and a ticket that the table holds. */
const REASON_CHARACTERS = 255;

const number = (row: Row, name: string): number => Number(row[name] ?? 0);
const moment = (row: Row, name: string): number => Math.round(number(row, name) * 1000);

function countsOf(text: string | null | undefined): RunCounts {
  const parsed: unknown = JSON.parse(text ?? '{}');
  const known = Object.entries(parsed ?? {}).filter(([name, value]) => name in NO_COUNTS && typeof value === 'number');
  return { ...NO_COUNTS, ...Object.fromEntries(known) };
}

/** A row of `selectRuns`. */
export function runOf(row: Row): Run {
  return {
    id: number(row, 'id'),
    change: row['change_id'] ?? '',
    state: RUN_STATES.find((state) => state === row['state']) ?? 'failed',
    request: REQUESTS.find((request) => request === row['request']),
    reason: row['reason'] ?? undefined,
    digest: row['digest'] ?? '',
    parameters: row['parameters'] ?? '{}',
    pass: number(row, 'pass_number'),
    cursor: row['cursor_pk'] ?? undefined,
    until: row['until_pk'] ?? undefined,
    token: number(row, 'token'),
    counts: countsOf(row['counts']),
    batchSize: number(row, 'batch_size'),
    planned: number(row, 'planned'),
    total: number(row, 'total'),
    operator: row['operator'] ?? '',
    ticket: row['ticket'] ?? undefined,
    startedAt: moment(row, 'started_at'),
    updatedAt: moment(row, 'updated_at'),
    endedAt: row['ended_at'] === null ? undefined : moment(row, 'ended_at'),
    workedMs: number(row, 'worked_ms'),
  };
}

const runTable = (appointments: TableName): Expression => named(stateTable(appointments, 'apptop_run'));

/** Runs, newest first. */
export const selectRuns = (appointments: TableName, limit: number, condition: Expression = sql`1 = 1`): Expression =>
  sql`SELECT * FROM ${runTable(appointments)} WHERE ${condition} ORDER BY id DESC LIMIT ${sql.lit(limit)}`;

/** What a run begins with. */
export type NewRun = Pick<Run, 'change' | 'digest' | 'parameters' | 'planned' | 'total' | 'operator' | 'ticket'> & {
  readonly batchSize: number;
};

/** What a batch makes of its run. */
export interface Progress {
  readonly pass: number;
  readonly cursor: string | undefined;
  readonly until: string | undefined;
  readonly counts: RunCounts;
  readonly batchSize: number;
  readonly workedMs: number;
}

const nullable = (value: string | undefined): string | null => value ?? null;

/** Reads and writes runs through one writing session. */
export class Runs {
  readonly #speaker: Speaker;
  readonly #appointments: TableName;
  readonly #table: Expression;

  constructor(session: WritingSession, dialect: Dialect, appointments: TableName) {
    this.#speaker = new Speaker(session, dialect);
    this.#appointments = appointments;
    this.#table = runTable(appointments);
  }

  /** @returns undefined when there is no such run */
  async read(id: number): Promise<Run | undefined> {
    const [run] = await this.#speaker.query(selectRuns(this.#appointments, 1, sql`id = ${id}`));
    return run && runOf(run);
  }

  /** The newest run that has not ended. */
  async open(): Promise<Run | undefined> {
    const open = sql`state IN ('running', 'paused', 'halted')`;
    const [run] = await this.#speaker.query(selectRuns(this.#appointments, 1, open));
    return run && runOf(run);
  }

  /** Adds a running run under a lease's token. Numbers are given one after the other: the lease keeps others out. */
  async add(run: NewRun, token: number): Promise<number> {
    const [newest] = await this.#speaker.query(sql`SELECT MAX(id) AS newest FROM ${this.#table}`);
    const id = Number(newest?.['newest'] ?? 0) + 1;
    const now = this.#speaker.dialect.now();
    await this.#speaker.execute(sql`INSERT INTO ${this.#table} (id, change_id, state, digest, parameters, pass_number, token, counts,
        batch_size, planned, total, operator, ticket, started_at, updated_at, worked_ms)
      VALUES (${id}, ${run.change}, 'running', ${run.digest}, ${run.parameters}, 0, ${token}, ${JSON.stringify(NO_COUNTS)},
        ${run.batchSize}, ${run.planned}, ${run.total}, ${run.operator.slice(0, REASON_CHARACTERS)}, ${nullable(run.ticket?.slice(0, REASON_CHARACTERS))}, ${now}, ${now}, 0)`);
    return id;
  }

  /**
   * Inside a batch's transaction: moves a run on from where it is known to be. The row's lock keeps a late holder out.
   * @param heedless moves it on although somebody asked something of it
   * @returns false when it is not there any more: somebody took it over, asked something of it, or it moved
   */
  async advance(run: Run, to: Progress, heedless = false): Promise<boolean> {
    const same = (column: string, value: string | undefined): Expression =>
      value === undefined ? sql`${sql.id(column)} IS NULL` : sql`${sql.id(column)} = ${value}`;
    const matched =
      await this.#speaker.execute(sql`UPDATE ${this.#table} SET pass_number = ${to.pass}, cursor_pk = ${nullable(to.cursor)},
        until_pk = ${nullable(to.until)}, counts = ${JSON.stringify(to.counts)}, batch_size = ${to.batchSize},
        worked_ms = ${Math.round(to.workedMs)}, updated_at = ${this.#speaker.dialect.now()}
      WHERE ${all([
        sql`id = ${run.id} AND token = ${run.token} AND state = 'running' AND pass_number = ${run.pass}`,
        heedless ? sql`1 = 1` : sql`request IS NULL`,
        same('cursor_pk', run.cursor),
        same('until_pk', run.until),
      ])}`);
    return matched === 1;
  }

  /**
   * Puts a run that this token holds into a state, and answers whether it did; a request is thereby done.
   * @param reason in words; undefined takes an earlier one away
   */
  async settle(run: Pick<Run, 'id' | 'token'>, state: RunState, reason: string | undefined): Promise<boolean> {
    const over = state === 'done' || state === 'cancelled' || state === 'failed';
    const now = this.#speaker.dialect.now();
    const matched = await this.#speaker.execute(sql`UPDATE ${this.#table} SET state = ${state}, request = NULL,
        reason = ${nullable(reason?.slice(0, REASON_CHARACTERS))}, updated_at = ${now}, ended_at = ${over ? now : sql`NULL`}
      WHERE id = ${run.id} AND token = ${run.token}`);
    return matched === 1;
  }

  /** Says why a run is slow, or that it no longer is. */
  async explain(run: Pick<Run, 'id' | 'token'>, reason: string | undefined): Promise<void> {
    await this.#speaker.execute(sql`UPDATE ${this.#table} SET reason = ${nullable(reason?.slice(0, REASON_CHARACTERS))},
      updated_at = ${this.#speaker.dialect.now()} WHERE id = ${run.id} AND token = ${run.token}`);
  }

  /** Gives a run that has not ended to a new token, and lets it run. */
  async take(id: number, token: number): Promise<boolean> {
    const matched =
      await this.#speaker.execute(sql`UPDATE ${this.#table} SET token = ${token}, state = 'running', request = NULL,
        reason = NULL, updated_at = ${this.#speaker.dialect.now()}
      WHERE id = ${id} AND state IN ('running', 'paused', 'halted')`);
    return matched === 1;
  }

  /** Asks something of whoever holds a run. */
  async request(id: number, request: RunRequest): Promise<boolean> {
    const matched = await this.#speaker.execute(
      sql`UPDATE ${this.#table} SET request = ${request} WHERE id = ${id} AND state IN ('running', 'paused', 'halted')`,
    );
    return matched === 1;
  }
}
