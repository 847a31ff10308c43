import { sql } from 'kysely';
import {
  ENTRY_KINDS,
  ENTRY_STATES,
  RUNBOOK_STATES,
  type RunbookEntry,
  type RunbookRun,
} from '../../model/runbook-run.ts';
import type { Dialect, Expression, Row, TableName } from '../connection.ts';
import type { WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named, stateTable } from './tables.ts';

const number = (row: Row, name: string): number => Number(row[name] ?? 0);
const moment = (row: Row, name: string): number => Math.round(number(row, name) * 1000);
const seconds = (at: number): number => at / 1000;
const nullable = (value: string | undefined): string | null => value ?? null;
const optional = (at: number | undefined): number | null => (at === undefined ? null : seconds(at));

const tableOf = (appointments: TableName, name: 'apptop_runbook' | 'apptop_step'): Expression =>
  named(stateTable(appointments, name));

/** A row of `selectRunbookRuns`. A state that apptop does not write ends a run: nobody goes on with it. */
export const runbookRunOf = (row: Row): RunbookRun => ({
  id: number(row, 'id'),
  runbook: row['runbook'] ?? '',
  title: row['title'] ?? '',
  definition: row['definition'] ?? '',
  state: RUNBOOK_STATES.find((state) => state === row['state']) ?? 'aborted',
  reason: row['reason'] ?? undefined,
  operator: row['operator'] ?? '',
  beganAt: moment(row, 'began_at'),
  updatedAt: moment(row, 'updated_at'),
  endedAt: row['ended_at'] === null ? undefined : moment(row, 'ended_at'),
  revision: number(row, 'revision'),
  mark: row['mark'] ?? '',
  audit: { seq: number(row, 'audit_seq'), hash: row['audit_hash'] ?? '' },
});

/** A row of `selectEntries`. */
export const entryOf = (row: Row): RunbookEntry => ({
  seq: number(row, 'seq'),
  kind: ENTRY_KINDS.find((kind) => kind === row['kind']) ?? 'step',
  subject: row['subject'] ?? '',
  state: ENTRY_STATES.find((state) => state === row['state']) ?? 'failed',
  operator: row['operator'] ?? '',
  name: row['name'] ?? undefined,
  note: row['note'] ?? undefined,
  evidence: row['evidence'] ?? '{}',
  beganAt: moment(row, 'began_at'),
  endedAt: row['ended_at'] === null ? undefined : moment(row, 'ended_at'),
  workedMs: number(row, 'worked_ms'),
  claim: row['claim'] ?? '',
  expiresAt: moment(row, 'expires_at'),
  mark: row['mark'] ?? '',
});

/** One run of a runbook, with its definition. */
export const selectRunbookRun = (appointments: TableName, id: number): Expression =>
  sql`SELECT * FROM ${tableOf(appointments, 'apptop_runbook')} WHERE id = ${id}`;

/** Runs of runbooks, newest first, without their definitions: a list of them would be megabytes. */
export const selectRunbookRuns = (
  appointments: TableName,
  limit: number,
  states?: readonly RunbookRun['state'][],
): Expression =>
  sql`SELECT id, runbook, title, '' AS definition, state, reason, operator, began_at, updated_at, ended_at, revision, mark,
      audit_seq, audit_hash FROM ${tableOf(appointments, 'apptop_runbook')}
    WHERE ${states === undefined ? sql`1 = 1` : sql`state IN (${sql.join(states)})`} ORDER BY id DESC LIMIT ${sql.lit(limit)}`;

/** What happened in a run, oldest first, each with the revision that the run has. */
export const selectEntries = (appointments: TableName, run: number): Expression =>
  sql`SELECT s.*, r.revision FROM ${tableOf(appointments, 'apptop_step')} s
    JOIN ${tableOf(appointments, 'apptop_runbook')} r ON r.id = s.run WHERE s.run = ${run} ORDER BY s.seq`;
/** The revision of the run at the moment of a row of `selectEntries`. */
export const revisionOf = (row: Row): number => number(row, 'revision');

export const selectNow = (dialect: Dialect): Expression => sql`SELECT ${dialect.now()} AS now`;
/** Milliseconds since 1970 UTC. */
export const nowOf = (row: Row | undefined): number => Math.round(Number(row?.['now']) * 1000);

/** Runs of runbooks through one writing session. */
export class RunbookRows {
  readonly #speaker: Speaker;
  readonly #appointments: TableName;
  readonly #runs: Expression;
  readonly #entries: Expression;

  constructor(session: WritingSession, dialect: Dialect, appointments: TableName) {
    this.#speaker = new Speaker(session, dialect);
    this.#appointments = appointments;
    this.#runs = tableOf(appointments, 'apptop_runbook');
    this.#entries = tableOf(appointments, 'apptop_step');
  }

  async now(): Promise<number> {
    const [row] = await this.#speaker.query(selectNow(this.#speaker.dialect));
    return nowOf(row);
  }

  async runs(limit: number): Promise<readonly RunbookRun[]> {
    return (await this.#speaker.query(selectRunbookRuns(this.#appointments, limit))).map(runbookRunOf);
  }

  async run(id: number): Promise<RunbookRun | undefined> {
    const [row] = await this.#speaker.query(selectRunbookRun(this.#appointments, id));
    return row && runbookRunOf(row);
  }

  async entries(run: number): Promise<readonly RunbookEntry[]> {
    return (await this.#speaker.query(selectEntries(this.#appointments, run))).map(entryOf);
  }

  /** @throws Problem duplicate, when somebody else was quicker */
  async addRun(run: RunbookRun): Promise<void> {
    await this.#speaker.execute(sql`INSERT INTO ${this.#runs} (id, runbook, title, definition, state, reason, operator, began_at,
        updated_at, ended_at, revision, mark, audit_seq, audit_hash)
      VALUES (${run.id}, ${run.runbook}, ${run.title}, ${run.definition}, ${run.state}, ${nullable(run.reason)},
        ${run.operator}, ${seconds(run.beganAt)}, ${seconds(run.updatedAt)}, ${optional(run.endedAt)}, ${run.revision},
        ${run.mark}, ${run.audit.seq}, ${run.audit.hash})`);
  }

  /**
   * Moves a run on from the revision that was read; inside a transaction the row then keeps others out.
   * @returns false when somebody else has moved it
   */
  async advance(run: RunbookRun, from: number): Promise<boolean> {
    const matched =
      await this.#speaker.execute(sql`UPDATE ${this.#runs} SET state = ${run.state}, reason = ${nullable(run.reason)},
        updated_at = ${seconds(run.updatedAt)}, ended_at = ${optional(run.endedAt)}, revision = ${run.revision}, mark = ${run.mark}
      WHERE id = ${run.id} AND revision = ${from}`);
    return matched === 1;
  }

  /** Says which record of the audit came with this revision. */
  async audited(id: number, { seq, hash }: RunbookRun['audit']): Promise<void> {
    await this.#speaker.execute(
      sql`UPDATE ${this.#runs} SET audit_seq = ${seq}, audit_hash = ${hash} WHERE id = ${id}`,
    );
  }

  async addEntry(run: number, entry: RunbookEntry): Promise<void> {
    await this.#speaker.execute(sql`INSERT INTO ${this.#entries} (run, seq, kind, subject, state, operator, name, note, evidence,
        began_at, ended_at, worked_ms, claim, expires_at, mark)
      VALUES (${run}, ${entry.seq}, ${entry.kind}, ${entry.subject}, ${entry.state}, ${entry.operator},
        ${nullable(entry.name)}, ${nullable(entry.note)}, ${entry.evidence}, ${seconds(entry.beganAt)},
        ${optional(entry.endedAt)}, ${entry.workedMs}, ${entry.claim}, ${seconds(entry.expiresAt)}, ${entry.mark})`);
  }

  async changeEntry(run: number, entry: RunbookEntry): Promise<void> {
    await this.#speaker.execute(sql`UPDATE ${this.#entries} SET state = ${entry.state}, note = ${nullable(entry.note)},
        evidence = ${entry.evidence}, ended_at = ${optional(entry.endedAt)}, worked_ms = ${entry.workedMs}
      WHERE run = ${run} AND seq = ${entry.seq}`);
  }

  /** @returns false when the claim is not its own any more */
  async renew(run: number, seq: number, claim: string, seconds: number): Promise<boolean> {
    const until = sql`${this.#speaker.dialect.now()} + ${sql.lit(seconds)}`;
    const matched = await this.#speaker.execute(sql`UPDATE ${this.#entries} SET expires_at = ${until}
      WHERE run = ${run} AND seq = ${seq} AND claim = ${claim} AND state = 'running'`);
    return matched === 1;
  }
}
