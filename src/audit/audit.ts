import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../config/context.ts';
import type { Dialect, Server } from '../data/connection.ts';
import type { Database } from '../data/database.ts';
import type { WritingSession } from '../data/writing.ts';
import { Problem } from '../model/problem.ts';
import { canonicalJson } from './canonical.ts';
import type { AuditEvent, AuditRecord, EventName } from './event.ts';
import { appendLine, auditFile } from './local-file.ts';
import { makeRecord, readRecord } from './record.ts';
import { AuditTable, type TableEnd } from './table.ts';

/** Milliseconds that a record waits for locks of others on the table; one wait is from 0.5 s to 5 s by the engine. */
const PATIENCE_MS = 10_000;
/** Milliseconds between two tries, at most. */
const PAUSE_MS = 50;

/** Where a record is in both places. */
export interface Entered {
  /** The number of the local line that announced it. */
  readonly of: number;
  readonly database: { readonly seq: number; readonly hash: string };
}

/**
 * The record of who changed what, in two places: the table `apptop_audit` and a file of this machine. A record is
 * announced in the file, goes to the table, and then the file notes the number and the hash that it got there. So a crash
 * at any point leaves either both, or an announcement without a note, which is no sign of forgery; and a row that names
 * this file without having been announced in it is one.
 */
export class Audit {
  readonly #context: Context;
  readonly #table: AuditTable;
  readonly #file: string;

  constructor(context: Context, dialect: Dialect) {
    this.#context = context;
    this.#table = new AuditTable(context, dialect);
    this.#file = auditFile(context);
  }

  /**
   * Records an event in both places. Outside of a transaction: it stands whatever is rolled back later, and waits up to
   * 10 s for locks. An action whose intent rejects here must not run; where only the database is away, the announcement
   * stays in the file.
   * @throws Problem blocked, when either place takes no record
   */
  async record(session: WritingSession, event: AuditEvent): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    const again = (error: unknown) => error instanceof Problem && error.kind === 'busy' && performance.now() < deadline;
    try {
      await this.note(await this.#enter(session, event, again));
    } catch (error) {
      throw blocked(error);
    }
  }

  /**
   * Records an event inside a transaction, with which it stands or falls. After the COMMIT `note` has to be called.
   * @throws Problem blocked; busy and lost as they are, for whoever tries the transaction again
   */
  async enter(session: WritingSession, event: AuditEvent): Promise<Entered> {
    try {
      return await this.#enter(session, event, () => false);
    } catch (error) {
      throw error instanceof Problem && (error.kind === 'busy' || error.kind === 'lost') ? error : blocked(error);
    }
  }

  /**
   * Records an event in the local file alone, for what is kept on this machine because the database takes nothing.
   * @param at milliseconds since 1970 UTC
   * @throws Problem blocked, when the file takes no record
   */
  async recordLocally(server: Server, event: AuditEvent, at: number): Promise<void> {
    try {
      await appendLine(this.#file, (id, seq) => ({
        seq,
        local: true,
        record: makeRecord(event, this.#context, server, at, id),
      }));
    } catch (error) {
      throw blocked(error);
    }
  }

  /**
   * Notes in the local file what the database holds now.
   * @throws Problem blocked
   */
  async note(entered: Entered): Promise<void> {
    try {
      await appendLine(this.#file, (_, seq) => ({ seq, ...entered }));
    } catch (error) {
      throw blocked(error);
    }
  }

  /**
   * The records of an event for a plan, oldest first.
   * @throws Problem
   */
  async recordsOf(database: Database, event: EventName, digest: string): Promise<readonly AuditRecord[]> {
    const options = { lane: 'row' } as const;
    if (!(await this.#table.exists(database, options))) return [];
    const links = await this.#table.all(database, options, { like: `%${canonicalJson({ digest }).slice(1, -1)}%` });
    const records = links.flatMap(({ body }) => readRecord(body) ?? []);
    return records.filter((record) => record.event === event && record.digest === digest);
  }

  async #enter(session: WritingSession, event: AuditEvent, again: (error: unknown) => boolean): Promise<Entered> {
    const found = await this.#end(session);
    const announced = await appendLine(this.#file, (id, seq) => ({
      seq,
      record: makeRecord(event, this.#context, session.server, found instanceof Problem ? Date.now() : found.now, id),
    }));
    // What came of a run that lost its database is on record here at least.
    if (found instanceof Problem) throw found;
    const body = canonicalJson(announced.record);
    let end = found;
    for (;;) {
      try {
        const link = await this.#table.append(session, body, end);
        if (link !== undefined) return { of: announced.seq, database: { seq: link.seq, hash: link.hash } };
        const next = await this.#table.end(session);
        // In a transaction that keeps what it saw at its beginning the end never moves.
        if (next.seq === end.seq) throw new Problem('busy', 'somebody else records something', 'try again');
        end = next;
      } catch (error) {
        if (!again(error)) throw error;
        await sleep(PAUSE_MS * Math.random());
      }
    }
  }

  async #end(session: WritingSession): Promise<TableEnd | Problem> {
    try {
      return await this.#table.end(session);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }
}

/** Why nothing may be done now. */
function blocked(error: unknown): Problem {
  if (error instanceof Problem) {
    const what = error.kind === 'blocked' ? error.message : `it can't be recorded: ${error.message}`;
    return new Problem('blocked', what, error.remedy, { cause: error });
  }
  if (!(error instanceof Error && 'code' in error)) throw error;
  const remedy =
    'what is not recorded does not run: make room and give the right to write there, or set XDG_STATE_HOME';
  return new Problem('blocked', `it can't be recorded: ${error.message}`, remedy, { cause: error });
}
