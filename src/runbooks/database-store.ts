import { setTimeout as sleep } from 'node:timers/promises';
import type { Audit, Entered } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import { readAudit, recordsAbout } from '../audit/read.ts';
import type { Context } from '../config/context.ts';
import type { Expression, Row } from '../data/connection.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import {
  entryOf,
  nowOf,
  RunbookRows,
  revisionOf,
  runbookRunOf,
  selectEntries,
  selectNow,
  selectRunbookRun,
  selectRunbookRuns,
} from '../data/state/runbooks.ts';
import { createRunbookTables, stateTable } from '../data/state/tables.ts';
import { Turns } from '../data/turns.ts';
import { loadWriting, openWriting, type WritingSession } from '../data/writing.ts';
import { Problem } from '../model/problem.ts';
import { isOpenRun, type RunbookRecord, type RunbookRun } from '../model/runbook-run.ts';
import { Memory } from './memory.ts';
import { Seals, sealOf } from './seal.ts';
import {
  begun,
  CLAIM_SECONDS,
  entryFrom,
  type Mutation,
  moved,
  type NewEntry,
  type NewRun,
  noSuchRun,
  operatorName,
  type RunbookStore,
  writtenBy,
} from './store.ts';

/** Milliseconds that a move waits for locks of others and for a connection that is back. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 50;

/** Runs that are looked at for an open one. */
const NEWEST = 100;

const PUT_BACK = 'it was put back to an earlier state';
// MySQL shows nobody that there are tables which they may not read.
const PUT_BACK_OR_CLOSED = `${PUT_BACK}, or this account may not read apptop_runbook`;

const READING: QueryOptions = { lane: 'change' };

const passes = (error: unknown): error is Problem =>
  error instanceof Problem && ['busy', 'lost', 'duplicate'].includes(error.kind);

/** The smallest number of which a list says something: what is before the end of a cut one may be there. */
const oldestOf = (runs: readonly RunbookRun[]): number =>
  runs.length < NEWEST ? 1 : Math.min(...runs.map(({ id }) => id));

/** Runs in the tables beside the data, shared by all who operate it. Each move and its record commit together. */
export class DatabaseStore implements RunbookStore {
  readonly place = 'database';
  readonly #context: Context;
  readonly #database: Database;
  readonly #audit: Audit;
  readonly #memory: Memory;
  readonly #turns = new Turns();
  /** What the audit says of runs, up to the record of that number. */
  readonly #seals = new Map<number, { readonly seals: Seals; readonly upTo: number }>();
  #there = false;
  /** Why what is there can't be read. */
  #closed: Problem | undefined;
  /** Open while something goes on; how many things that are. */
  #session: Promise<WritingSession> | undefined;
  #users = 0;

  constructor(context: Context, database: Database, audit: Audit) {
    this.#context = context;
    this.#database = database;
    this.#audit = audit;
    this.#memory = new Memory(context);
  }

  async runs(limit: number): Promise<readonly RunbookRun[]> {
    if (!(await this.#isThere())) return [];
    const rows = await this.#ask(selectRunbookRuns(this.#context.table, limit));
    return rows.map(runbookRunOf);
  }

  async read(id: number): Promise<RunbookRecord | undefined> {
    if (!(await this.#isThere())) return undefined;
    const { table } = this.#context;
    for (;;) {
      const [row] = await this.#ask(selectRunbookRun(table, id));
      if (row === undefined) return undefined;
      const run = runbookRunOf(row);
      const rows = await this.#ask(selectEntries(table, id));
      // Somebody may have moved it between the two.
      if (rows.some((entry) => revisionOf(entry) !== run.revision)) continue;
      const [clock] = await this.#ask(selectNow(this.#database.dialect));
      return { run, entries: rows.map(entryOf), now: nowOf(clock) };
    }
  }

  begin(run: NewRun, event: AuditEvent, first?: NewEntry): Promise<RunbookRecord> {
    return this.during(async () => {
      this.#there = false;
      if (!(await this.#isThere())) await this.#create();
      return this.#patiently(async (session, rows) => {
        const runs = await rows.runs(NEWEST);
        const open = runs.find((other) => other.runbook === run.runbook && isOpenRun(other));
        if (open !== undefined) return this.#readBy(rows, open.id);
        // A number of a run that is gone says of two runs what is true of one.
        const id = Math.max(runs[0]?.id ?? 0, this.#memory.newest()) + 1;
        const operator = operatorName(session.server.user);
        const added = begun(run, id, await rows.now(), operator);
        const entries = first === undefined ? [] : [entryFrom(first, 1, added.beganAt, operator)];
        const seal = await sealOf({ run: added, entries, now: added.beganAt }, undefined);
        await this.#recorded(session, rows, id, seal, event, async () => {
          await rows.addRun(added);
          for (const entry of entries) await rows.addEntry(id, entry);
          return true;
        });
        this.#memory.forget(runs, oldestOf(runs), run.runbook);
        return this.#remembered(await this.#readBy(rows, id));
      });
    });
  }

  mutate(id: number, decide: (record: RunbookRecord) => Mutation): Promise<RunbookRecord> {
    let written = '';
    return this.during(() =>
      this.#patiently(async (session, rows) => {
        const record = await this.#readBy(rows, id);
        // The answer to a COMMIT was lost, and it was done.
        if (written !== '' && record.run.mark === written) return record;
        const mutation = decide(record);
        const next = moved(record, mutation, operatorName(session.server.user));
        written = next.run.mark;
        const sound = mutation.anew === true || (await (await this.#sealsOf(record)).isSound(record));
        const seal = await sealOf(next, writtenBy(mutation, next), sound);
        const done = await this.#recorded(session, rows, id, seal, mutation.event, async () => {
          if (!(await rows.advance(next.run, record.run.revision))) return false;
          for (const { seq } of mutation.ended ?? []) {
            const entry = next.entries.find((one) => one.seq === seq);
            if (entry !== undefined) await rows.changeEntry(id, entry);
          }
          const last = next.entries.at(-1);
          if (mutation.added !== undefined && last !== undefined) await rows.addEntry(id, last);
          return true;
        });
        if (!done) throw new Problem('busy', 'somebody else moves this run', 'try again');
        const after = await this.#readBy(rows, id);
        // What stopped it may be that the database was put back: that is forgotten only when a person has decided.
        return mutation.state === 'stopped' ? after : this.#remembered(after);
      }),
    );
  }

  async renew(id: number, seq: number, claim: string): Promise<boolean> {
    return this.during(() => this.#patiently((_, rows) => rows.renew(id, seq, claim, CLAIM_SECONDS)));
  }

  async during<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.#users += 1;
    try {
      return await work();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) await this.#close();
    }
  }

  async restored(record: RunbookRecord): Promise<string | undefined> {
    const contradiction = this.#memory.contradiction(record);
    if (contradiction !== undefined) return contradiction;
    // By the run's own word, and by what was seen of it here.
    const heads = [record.run.audit, this.#memory.audit(record)].filter((head) => head !== undefined);
    for (const { seq, hash } of heads) {
      const page = await readAudit(this.#database, this.#context, { limit: 1, after: seq + 1 }, READING);
      const [entry] = page.entries;
      if (entry?.seq !== seq || entry.hash !== hash) return 'the record of changes in the database has gone back';
    }
    this.#memory.remember(record);
    return undefined;
  }

  async edited(record: RunbookRecord): Promise<readonly string[]> {
    return (await this.#sealsOf(record)).broken(record);
  }

  /** What the audit says of a run, up to the record that came with this revision of it. */
  async #sealsOf(record: RunbookRecord): Promise<Seals> {
    const { id, runbook, audit } = record.run;
    const before = this.#seals.get(id);
    // Of a run as it was some moves ago no later record says anything.
    const known = before !== undefined && before.upTo <= audit.seq ? before : { seals: undefined, upTo: 0 };
    if (known.seals !== undefined && known.upTo === audit.seq) return known.seals;
    const about = { run: id, runbook };
    const records = await recordsAbout(this.#database, this.#context, about, known.upTo, READING);
    // Several look at once, each at the state that they have read.
    const seals = new Seals(known.seals);
    for (const said of records) if (said.seq <= audit.seq) seals.learn(said);
    this.#seals.set(id, { seals, upTo: audit.seq });
    return seals;
  }

  async gone(runbook?: string): Promise<readonly string[]> {
    const runs = await this.runs(NEWEST);
    // What can't be read is not gone.
    if (this.#closed !== undefined) return [];
    return this.#memory.missing(runs, oldestOf(runs), this.#there ? PUT_BACK : PUT_BACK_OR_CLOSED, runbook);
  }

  /** Why runs in the database can't be read; undefined when they can, or there are none. @throws Problem */
  async closed(): Promise<string | undefined> {
    await this.runs(1);
    return this.#closed && `the runs in the database can't be read: ${this.#closed.message}; ${this.#closed.remedy}`;
  }

  #remembered(record: RunbookRecord): RunbookRecord {
    this.#memory.remember(record);
    return record;
  }

  /** Rows of a reading statement; none where a table is gone that was there, or is closed to this account. */
  async #ask(expression: Expression): Promise<readonly Row[]> {
    try {
      const rows = await this.#database.query(expression, READING);
      this.#closed = undefined;
      return rows;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.kind === 'refused') this.#closed = error;
      else if (error.kind !== 'missing') throw error;
      this.#there = false;
      return [];
    }
  }

  async #isThere(): Promise<boolean> {
    const table = stateTable(this.#context.table, 'apptop_step');
    this.#there ||= await this.#database.introspect(READING, async (introspection, connection) => {
      const columns = await introspection.columns(connection, table);
      return columns.length > 0;
    });
    return this.#there;
  }

  async #create(): Promise<void> {
    const session = await this.#opened();
    const writing = await loadWriting(this.#context.target.engine);
    await createRunbookTables(session, this.#database.dialect, this.#context.table, writing.stateTypes);
  }

  #rows(session: WritingSession): RunbookRows {
    return new RunbookRows(session, this.#database.dialect, this.#context.table);
  }

  async #readBy(rows: RunbookRows, id: number): Promise<RunbookRecord> {
    const run = await rows.run(id);
    if (run === undefined) throw noSuchRun(id);
    return { run, entries: await rows.entries(id), now: await rows.now() };
  }

  /** Writes and records in one transaction. @returns false when the work says that nothing is to be done */
  async #recorded(
    session: WritingSession,
    rows: RunbookRows,
    id: number,
    seal: NonNullable<AuditEvent['details']>,
    event: AuditEvent,
    work: () => Promise<boolean>,
  ): Promise<boolean> {
    const details = { ...event.details, ...seal };
    const entered = await session.transaction(async (): Promise<Entered | undefined> => {
      if (!(await work())) return undefined;
      const record = await this.#audit.enter(session, { ...event, details });
      await rows.audited(id, record.database);
      return record;
    });
    if (entered === undefined) return false;
    await this.#audit.note(entered);
    return true;
  }

  /** One after the other: a renewal must not get into somebody's transaction. */
  #patiently<Answer>(work: (session: WritingSession, rows: RunbookRows) => Promise<Answer>): Promise<Answer> {
    return this.#turns.take(() => this.#untilDone(work));
  }

  /** Tries again what a lock, a quicker one or a lost connection undid. */
  async #untilDone<Answer>(work: (session: WritingSession, rows: RunbookRows) => Promise<Answer>): Promise<Answer> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const session = await this.#opened();
      try {
        return await work(session, this.#rows(session));
      } catch (error) {
        if (!passes(error) || performance.now() > deadline) throw error;
        if (error.kind === 'lost') await this.#close();
        await sleep(PAUSE_MS * Math.random());
      }
    }
  }

  #opened(): Promise<WritingSession> {
    if (this.#context.access !== 'operate') {
      const remedy = `set contexts.${this.#context.name}.access to "operate" in the config`;
      return Promise.reject(new Problem('blocked', 'this context only reads', remedy));
    }
    this.#session ??= openWriting(this.#context);
    this.#session.catch(() => {
      this.#session = undefined;
    });
    return this.#session;
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.then(
      (open) => open.close(),
      () => undefined,
    );
  }
}
