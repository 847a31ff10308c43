import { sql } from 'kysely';
import type { Context } from '../config/context.ts';
import type { Appointments } from '../data/appointments.ts';
import type { Connection, Expression, Introspection, Row, Statement } from '../data/connection.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { reference, type Source } from '../data/queries/expressions.ts';
import { tableNameOf } from '../data/table-name.ts';
import type { KnownColumn } from '../model/columns.ts';
import { Problem } from '../model/problem.ts';
import type { DatabaseCheck, Finding, Ground, Needs, Table } from './check.ts';

/** Violating rows that a result shows. */
export const SAMPLE_ROWS = 20;

/** What the checks of one run have in common. */
export interface Common {
  readonly context: Context;
  readonly database: Database;
  /** Or why there are none: checks of other tables do without them. */
  readonly appointments: Appointments | Problem;
  readonly now: number;
  /** The shapes of other tables, by name. */
  readonly tables: Once<Table | undefined>;
  /** Rows of what several checks ask alike, by statement. */
  readonly answers: Once<readonly Row[]>;
}

/** What is read once in a run. */
export class Once<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();

  get(key: string, read: () => Promise<Answer>): Promise<Answer> {
    const answer = this.#answers.get(key) ?? read();
    this.#answers.set(key, answer);
    // A failed look is not remembered: the next check may have a connection again.
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}

async function readTable(name: string, introspection: Introspection, connection: Connection) {
  const table = tableNameOf(name);
  const columns = await introspection.columns(connection, table);
  if (columns.length === 0) return undefined;
  const indexes = await introspection.indexes(connection, table);
  return { name, columns, indexes };
}

/** One check's view of a database: it records what is sent. */
export class RecordingGround implements Ground {
  readonly #common: Common;
  readonly #options: QueryOptions & { readonly signal: AbortSignal };
  readonly #statements: Statement[];

  /** @param statements receives what is sent */
  constructor(common: Common, options: QueryOptions & { readonly signal: AbortSignal }, statements: Statement[]) {
    this.#common = common;
    this.#options = options;
    this.#statements = statements;
  }

  get context() {
    return this.#common.context;
  }

  get dialect() {
    return this.#common.database.dialect;
  }

  /** @throws Problem missing, where there is no such table or it lacks one of the three columns that it must have */
  get appointments(): Appointments {
    const { appointments } = this.#common;
    if (appointments instanceof Problem) throw appointments;
    return appointments;
  }

  get source(): Source {
    return { dialect: this.dialect, appointments: this.appointments, bookingIds: this.context.bookingIds };
  }

  get now() {
    return this.#common.now;
  }

  get signal() {
    return this.#options.signal;
  }

  column(name: KnownColumn): Expression {
    const column = reference(this.source, name);
    if (column === undefined) throw new Error(`a check uses ${name} without needing it`);
    return column;
  }

  table(name: string): Promise<Table | undefined> {
    return this.#common.tables.get(name, () =>
      this.introspect((introspection, connection) => readTable(name, introspection, connection)),
    );
  }

  introspect<Answer>(ask: (introspection: Introspection, connection: Connection) => Promise<Answer>): Promise<Answer> {
    return this.#common.database.introspect(this.#options, ask);
  }

  query(statement: Expression): Promise<readonly Row[]> {
    this.#statements.push(this.dialect.compile(statement));
    return this.#common.database.query(statement, this.#options);
  }

  queryOnce(statement: Expression): Promise<readonly Row[]> {
    const compiled = this.dialect.compile(statement);
    this.#statements.push(compiled);
    return this.#common.answers.get(JSON.stringify(compiled), () =>
      this.#common.database.query(statement, this.#options),
    );
  }

  async violations(select: Expression, order?: Expression): Promise<Finding> {
    const [counted] = await this.query(sql`SELECT COUNT(*) AS violations FROM (${select}) AS violating`);
    const violations = Number(counted?.['violations']);
    if (violations === 0) return { violations, sample: [] };
    const ordered = order === undefined ? sql`` : sql`ORDER BY ${order}`;
    const sample = await this.query(sql`${select} ${ordered} LIMIT ${sql.lit(SAMPLE_ROWS)}`);
    return { violations, sample };
  }
}

/** What a check needs and the database lacks, in words; undefined when all is there. */
export async function lacking(check: DatabaseCheck, ground: Ground): Promise<string | undefined> {
  const columns = (check.needs?.columns ?? []).filter((name) => !ground.appointments.known.has(name));
  if (columns.length > 0) return `needs column ${columns.join(', ')}`;
  return lackingTables(check.needs?.tables ?? {}, ground);
}

/** Which of some tables and columns, by their names in the database, is not there, in words. */
export async function lackingTables(tables: NonNullable<Needs['tables']>, ground: Ground): Promise<string | undefined> {
  for (const [name, wanted] of Object.entries(tables)) {
    const table = await ground.table(name);
    if (table === undefined) return `needs table ${name}`;
    const missing = wanted.filter((column) => !table.columns.some((found) => found.name === column));
    if (missing.length > 0) return `needs column ${missing.map((column) => `${name}.${column}`).join(', ')}`;
  }
  return undefined;
}
