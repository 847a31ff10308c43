import { sql } from 'kysely';
import type { Context } from '../config/context.ts';
import type { Dialect, Expression, Row } from '../data/connection.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { named, stateTable } from '../data/state/tables.ts';
import type { WritingSession } from '../data/writing.ts';
import { Problem } from '../model/problem.ts';
import { GENESIS, type Link, loadHashing } from './chain.ts';

const TABLE = 'apptop_audit';

/** Rows of one look when all are read. */
const STRETCH = 500;

const column = (name: string): Expression => sql.id(TABLE, name);

/** The end of the table's chain, with the server's clock. */
export interface TableEnd {
  readonly seq: number;
  readonly hash: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

/** The table of the records, through a session that writes or one that reads. */
export class AuditTable {
  readonly #dialect: Dialect;
  readonly #context: Context;
  readonly #table: Expression;

  constructor(context: Context, dialect: Dialect) {
    this.#context = context;
    this.#dialect = dialect;
    this.#table = named(stateTable(context.table, TABLE));
  }

  /** @throws Problem */
  async end(session: WritingSession): Promise<TableEnd> {
    const { text, now } = this.#dialect;
    const last = sql`SELECT ${column('seq')}, ${column('hash')} FROM ${this.#table} ORDER BY ${column('seq')} DESC LIMIT 1`;
    const [row] = await session.query(
      this.#dialect.compile(
        sql`SELECT ${now()} AS clock, ${text(sql`l.seq`)} AS last_seq, ${text(sql`l.hash`)} AS last_hash
          FROM (SELECT 1 AS one) o LEFT JOIN (${last}) l ON 1 = 1`,
      ),
    );
    return {
      seq: Number(row?.['last_seq'] ?? 0),
      hash: row?.['last_hash'] ?? GENESIS,
      now: Math.round(Number(row?.['clock']) * 1000),
    };
  }

  /**
   * Puts a record behind the end of the chain.
   * @returns its link; undefined when somebody else was quicker, and the end is another one now
   * @throws Problem
   */
  async append(session: WritingSession, body: string, end: TableEnd): Promise<Link | undefined> {
    const hashOf = await loadHashing();
    const link = { seq: end.seq + 1, prev: end.hash, hash: hashOf(end.hash, body), body };
    // A refused value ends the whole transaction on PostgreSQL. MySQL has no such words, and undoes the statement only.
    const unlessThere = this.#context.target.engine === 'mysql' ? sql`` : sql`ON CONFLICT (seq) DO NOTHING`;
    const insert = sql`INSERT INTO ${this.#table} (seq, body, prev, hash)
      VALUES (${link.seq}, ${link.body}, ${link.prev}, ${link.hash}) ${unlessThere}`;
    try {
      return (await session.execute(this.#dialect.compile(insert))) === 1 ? link : undefined;
    } catch (error) {
      if (error instanceof Problem && error.kind === 'duplicate') return undefined;
      throw error;
    }
  }

  /** Whether a first change has made the table. @throws Problem */
  async exists(database: Database, options: QueryOptions): Promise<boolean> {
    const columns = await database.introspect(options, (introspection, connection) =>
      introspection.columns(connection, stateTable(this.#context.table, TABLE)),
    );
    return columns.length > 0;
  }

  /**
   * The newest records first.
   * @param below only those with a smaller number
   * @param characters of a body
   * @throws Problem
   */
  async newest(
    database: Database,
    limit: number,
    below: number | undefined,
    characters: number,
    options: QueryOptions,
  ) {
    const where = below === undefined ? sql`1 = 1` : sql`${column('seq')} < ${sql.lit(below)}`;
    const body = this.#dialect.shortText(column('body'), characters);
    const rows = await database.query(
      sql`${this.#select(body)} WHERE ${where} ORDER BY ${column('seq')} DESC LIMIT ${sql.lit(limit)}`,
      options,
    );
    return rows.map(linkOf);
  }

  /**
   * Every record in the order of its number, or those whose text is LIKE something, or that come after a number.
   * @throws Problem
   */
  async all(
    database: Database,
    options: QueryOptions,
    { like, after = 0 }: { readonly like?: string; readonly after?: number } = {},
  ): Promise<readonly Link[]> {
    const links: Link[] = [];
    const chosen = like === undefined ? sql`1 = 1` : sql`${column('body')} LIKE ${like}`;
    for (;;) {
      const where = sql`${chosen} AND ${column('seq')} > ${sql.lit(links.at(-1)?.seq ?? after)}`;
      const rows = await database.query(
        sql`${this.#select(this.#dialect.text(column('body')))} WHERE ${where}
          ORDER BY ${column('seq')} LIMIT ${sql.lit(STRETCH)}`,
        options,
      );
      links.push(...rows.map(linkOf));
      if (rows.length < STRETCH) return links;
    }
  }

  #select(body: Expression): Expression {
    const { text } = this.#dialect;
    return sql`SELECT ${text(column('seq'))} AS link_seq, ${body} AS link_body, ${text(column('prev'))} AS link_prev,
      ${text(column('hash'))} AS link_hash FROM ${this.#table}`;
  }
}

const linkOf = (row: Row): Link => ({
  seq: Number(row['link_seq']),
  body: row['link_body'] ?? '',
  prev: row['link_prev'] ?? '',
  hash: row['link_hash'] ?? '',
});
