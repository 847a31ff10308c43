import { Problem } from '../model/problem.ts';
import type { Connection, Row, Statement } from './connection.ts';

/** What one statement was and what came of it. */
export interface Logged extends Statement {
  /** Milliseconds since 1970 UTC, local clock, when it was sent. */
  readonly at: number;
  readonly durationMs: number;
  /** undefined when it failed. */
  readonly rows: number | undefined;
  readonly problem: Problem | undefined;
}

/** Statements that a session keeps. */
const LENGTH = 500;

/** Every statement of a session, the newest 500 of them. */
export class SqlLog {
  #entries: readonly Logged[] = [];
  #spentMs = 0;

  /** Oldest first; the same array until the next statement. */
  get entries(): readonly Logged[] {
    return this.#entries;
  }

  /** Milliseconds that the statements took together which were not left out. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /**
   * The same connection with its statements written here.
   * @param spends whether their time counts as spent
   */
  watch(connection: Connection, spends: boolean): Connection {
    return {
      server: connection.server,
      cancel: () => connection.cancel(),
      close: () => connection.close(),
      query: (statement, timeoutMs) => this.#run(statement, spends, () => connection.query(statement, timeoutMs)),
    };
  }

  async #run(statement: Statement, spends: boolean, run: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
    const [at, began] = [Date.now(), performance.now()];
    const write = (rows: number | undefined, problem: Problem | undefined) => {
      const entry = { ...statement, at, durationMs: performance.now() - began, rows, problem };
      if (spends) this.#spentMs += entry.durationMs;
      this.#entries = [...this.#entries.slice(1 - LENGTH), entry];
    };
    try {
      const rows = await run();
      write(rows.length, undefined);
      return rows;
    } catch (error) {
      if (error instanceof Problem) write(undefined, error);
      throw error;
    }
  }
}
