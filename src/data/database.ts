import type { Context } from '../config/context.ts';
import type { Target } from '../config/target.ts';
import { Problem } from '../model/problem.ts';
import { type Appointments, inspectAppointments } from './appointments.ts';
import type { Connection, Dialect, Engine, Expression, Introspection, Row, Server } from './connection.ts';
import { loadEngine } from './engines.ts';
import { placesOf, reach } from './places.ts';
import { type Logged, SqlLog } from './sql-log.ts';
import { cancelled, closed, Turns } from './turns.ts';

/** Milliseconds to open a connection: a start against a dead server says so in under 5 s. */
const CONNECT_TIMEOUT_MS = 4_000;

/**
 * Each lane is a connection of its own, so that a slow refresh never keeps a person's rows waiting. Statements in one
 * lane run in turn.
 */
export type Lane = 'figures' | 'rows' | 'row' | 'locks' | 'jobs' | 'change' | `check ${number}`;

export interface QueryOptions {
  readonly lane: Lane;
  /** Aborting stops the statement on the server. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the server stops the statement, where that is not what the config says. */
  readonly timeoutMs?: number | undefined;
}

/** The database of one context, opened for reading. Connections are made when needed and again after a loss. */
export class Database {
  /** For what reads whole tables, whoever wants it: the server does it once at a time. */
  readonly scans = new Turns();
  readonly #context: Context;
  #seen: Appointments | undefined;
  readonly #engine: Engine;
  readonly #lanes = new Map<Lane, Promise<Connection>>();
  readonly #turns = new Map<Lane, Turns>();
  readonly #log = new SqlLog();
  #closed = false;
  #server: Server | undefined;
  /** The servers of the context, the one that answered last before the others: all lanes look at the same one. */
  #places: readonly Target[];

  constructor(context: Context, engine: Engine) {
    this.#context = context;
    this.#engine = engine;
    this.#places = placesOf(context.target);
  }

  get dialect(): Dialect {
    return this.#engine.dialect;
  }

  /** Known from the first connection on. */
  get server(): Server | undefined {
    return this.#server;
  }

  /** Oldest first; the same array until the next statement. */
  get log(): readonly Logged[] {
    return this.#log.entries;
  }

  /** Milliseconds of the database's time that this session has taken, beside checks and changes: they are asked for. */
  get spentMs(): number {
    return this.#log.spentMs;
  }

  /**
   * Runs one reading statement.
   * @throws Problem
   */
  query(expression: Expression, options: QueryOptions): Promise<readonly Row[]> {
    const statement = this.dialect.compile(expression);
    const limit = options.timeoutMs ?? this.#context.statementTimeoutMs;
    return this.#inTurn(options, (connection) => connection.query(statement, limit));
  }

  /**
   * The appointments table as it is now.
   * @throws Problem missing, locked, and those of a query
   */
  async appointments(options: QueryOptions): Promise<Appointments> {
    const now = await this.#inTurn(options, (connection) =>
      inspectAppointments(this.#context, connection, this.#engine),
    );
    this.#seen = now;
    return now;
  }

  /** The same as it was seen last: three statements less, and perhaps no longer true. */
  get seenAppointments(): Appointments | undefined {
    return this.#seen;
  }

  /** Asks what exists: tables, columns, indexes, constraints, locks. */
  introspect<Answer>(
    options: QueryOptions,
    ask: (introspection: Introspection, connection: Connection) => Promise<Answer>,
  ): Promise<Answer> {
    return this.#inTurn(options, (connection) => ask(this.#engine.introspection, connection));
  }

  /** Begins to open a lane's connection before anything is asked; what fails is told to whoever asks. */
  connect(lane: Lane): void {
    this.#connection(lane).catch(() => undefined);
  }

  /** Has the next statement of each of these lanes open a connection anew: theirs may be gone without saying so. */
  renew(lanes: readonly Lane[]): void {
    for (const lane of lanes) {
      const open = this.#lanes.get(lane);
      this.#lanes.delete(lane);
      open?.then((connection) => connection.close()).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    const closing = lanes.map(async (lane) => {
      const closed = lane.then((connection) => connection.close());
      // One that is still opening closes when it is open: a dead server takes seconds, which nobody waits for.
      closed.catch(() => undefined);
      if ((await Promise.race([lane, Promise.resolve()])) !== undefined) await closed;
    });
    await Promise.allSettled(closing);
  }

  async #inTurn<Answer>(
    { lane, signal }: QueryOptions,
    work: (connection: Connection) => Promise<Answer>,
  ): Promise<Answer> {
    const turns = this.#turns.get(lane) ?? new Turns();
    this.#turns.set(lane, turns);
    return turns.take(async () => {
      if (this.#closed) throw closed();
      const connection = await this.#connection(lane);
      // It may have been aborted while it waited for its turn or for the connection.
      if (signal?.aborted) throw cancelled();
      // A server that can't be told to stop leaves the statement to its timeout.
      const cancel = () => void connection.cancel().catch(() => undefined);
      signal?.addEventListener('abort', cancel);
      try {
        return await work(connection);
      } catch (error) {
        if (error instanceof Problem && error.kind === 'lost') this.#drop(lane, connection);
        throw error;
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    });
  }

  async #connection(lane: Lane): Promise<Connection> {
    const open = this.#lanes.get(lane) ?? this.#open(lane);
    this.#lanes.set(lane, open);
    try {
      const connection = await open;
      this.#server = connection.server;
      return connection;
    } catch (error) {
      this.#lanes.delete(lane);
      throw error;
    }
  }

  async #open(lane: Lane): Promise<Connection> {
    const { connection, place } = await reach(this.#engine, this.#context, CONNECT_TIMEOUT_MS, this.#places);
    this.#places = [place, ...this.#places.filter((other) => other !== place)];
    // What a person asked for says nothing of what a refresh costs.
    return this.#log.watch(connection, lane !== 'change' && !lane.startsWith('check'));
  }

  #drop(lane: Lane, connection: Connection): void {
    this.#lanes.delete(lane);
    void connection.close();
  }
}

/** The database of a context; nothing is connected yet. */
export async function openDatabase(context: Context): Promise<Database> {
  return new Database(context, await loadEngine(context.target.engine));
}
