import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempt } from '../../config/state.ts';
import type { Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Row, Server, Statement } from '../connection.ts';
import { closed, Turns } from '../turns.ts';
import type { WritingSession } from '../writing.ts';
import { fileOf, serverOf, versionIn } from './connect.ts';
import { type Answer, DriverProcess } from './driver-process.ts';
import { problemOfWriting } from './problems.ts';
import type { Each, Request } from './protocol.ts';
import { mayWrite } from './rights.ts';

/** Milliseconds that a statement of a change may take: 500 times what is aimed at. */
const LIMIT_MS = 60_000;

/** Many rows to change, in one message to the process. Its text is for people. */
export interface EachStatement extends Statement, Each {}

/** A statement that takes longer than a change's, by its nature. */
export interface LongStatement extends Statement {
  readonly limitMs: number;
}

const isEach = (statement: Statement): statement is EachStatement => 'forms' in statement;
const isLong = (statement: Statement): statement is LongStatement => 'limitMs' in statement;

function requestOf(statement: Statement): Request {
  if (isEach(statement)) return { forms: statement.forms, cells: statement.cells };
  return { sql: statement.sql, parameters: statement.parameters };
}

/** The process can't be stopped otherwise, and whether a COMMIT in it is done is known only to the file. */
const tooLong = (limitMs: number): Problem =>
  new Problem(
    'lost',
    `the statement took over ${limitMs / 1000} s and was ended with its process`,
    'look at the disk; what was not committed is undone',
  );

/** A process that may write to a file. One that ended is not replaced: its transaction went with it. */
class SqliteWritingSession implements WritingSession {
  readonly server: Server;
  readonly instance: string;
  readonly clustered = false;
  readonly #driver: DriverProcess;
  readonly #turns = new Turns();
  /** The open transaction, and what undid it. */
  #transaction: { undone?: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(driver: DriverProcess, server: Server, instance: string) {
    this.#driver = driver;
    this.server = server;
    this.instance = instance;
  }

  async query(statement: Statement): Promise<readonly Row[]> {
    return (await this.#run(statement)).rows;
  }

  async execute(statement: Statement): Promise<number> {
    return (await this.#run(statement)).changes;
  }

  async transaction<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#transaction) throw new Error('a transaction is open already');
    this.#transaction = {};
    try {
      // A transaction that reads first and writes then would be refused when somebody wrote in between.
      await this.#run({ sql: 'BEGIN IMMEDIATE', parameters: [] });
      const answer = await work();
      await this.#run({ sql: 'COMMIT', parameters: [] });
      return answer;
    } catch (error) {
      await this.#rollBack();
      throw error;
    } finally {
      this.#transaction = undefined;
    }
  }

  /** Waits for the statement that runs, as it may be a COMMIT. */
  close(): Promise<void> {
    this.#closing ??= this.#turns.take(() => this.#driver.end());
    return this.#closing;
  }

  #run(statement: Statement): Promise<Answer> {
    return this.#turns.take(async () => {
      if (this.#closing) throw closed();
      if (this.#transaction?.undone) throw this.#transaction.undone;
      const began = this.#transaction !== undefined;
      const limitMs = isLong(statement) ? statement.limitMs : LIMIT_MS;
      try {
        return await this.#driver.ask(requestOf(statement), limitMs, tooLong(limitMs));
      } catch (error) {
        // A full disk may undo a transaction by itself; what follows must not be committed one by one.
        if (began && this.#transaction && !(this.#driver.alive && this.#driver.inTransaction)) {
          this.#transaction.undone = error;
        }
        throw error;
      }
    });
  }

  async #rollBack(): Promise<void> {
    await this.#turns.take(async () => {
      if (!(this.#driver.alive && this.#driver.inTransaction)) return;
      try {
        await this.#driver.ask({ sql: 'ROLLBACK', parameters: [] }, LIMIT_MS, tooLong(LIMIT_MS));
      } catch (error) {
        this.#driver.kill(
          new Problem('lost', 'the transaction could not be undone and ended with its process', 'look at the disk', {
            cause: error,
          }),
        );
      }
    });
  }
}

/**
 * Opens a SQLite file for writing, in a process of its own.
 * @throws Problem missing, refused, busy or timeout
 */
export async function openSession(target: Target, timeoutMs: number): Promise<WritingSession> {
  const path = fileOf(target);
  // SQLite keeps its journal beside the file.
  if (!(mayWrite(path) && mayWrite(dirname(path)))) {
    throw new Problem('refused', `${path} may not be written`, 'run as a user who may write the file and its folder');
  }
  const real = attempt(() => realpathSync(path));
  if (real === undefined) throw new Problem('missing', `${path} is gone`, 'see where the file went');
  const driver = await DriverProcess.start({ path, mode: 'write', problemOf: problemOfWriting }, timeoutMs);
  const version = await versionIn(driver, timeoutMs);
  return new SqliteWritingSession(driver, serverOf(path, version), real);
}
