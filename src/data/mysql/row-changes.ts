import { type RawBuilder, sql } from 'kysely';
import type { Column, Expression, Statement } from '../connection.ts';
import { all, join } from '../queries/expressions.ts';
import { named } from '../state/tables.ts';
import type { IdColumns, LedgerPlace, RowChange, WritingEngine, WritingSession } from '../writing.ts';
import { byKey } from './by-key.ts';
import { dialect } from './dialect.ts';

/** Of a statement's text, with room to spare in the smallest `max_allowed_packet` that is met, 1 MiB. */
const MOST_BYTES = 900_000;

const FIELDS = ['v1', 'v2', 'backup'] as const;

/** A primary key as a literal that its column compares exactly; undefined where the column can't hold it. */
function keyValue({ kind }: Column, pk: string): string | bigint | undefined {
  if (kind === 'text' || kind === 'timestamp') return pk;
  if (/^-?\d+$/.test(pk)) return BigInt(pk);
  return kind === 'integer' ? undefined : pk;
}

/** The driver writes a list as `1, 2`: 2,000 values that kysely need not compile one by one. */
const isOneOf = (column: Expression, keys: readonly unknown[]): Expression => sql`${column} IN (${sql.val(keys)})`;

/**
 * A value to the byte, in UTF-8: no collation folds it, none pads it. Bytes stay what they are, as a `?` would stand for
 * each that is no text.
 */
const bytes = (value: Expression, { kind }: Column): Expression =>
  kind === 'binary' ? value : sql`CAST(${dialect.text(value)} AS BINARY)`;

/** The same backwards. */
const fromBytes = (value: Expression, { kind }: Column): Expression =>
  kind === 'binary' ? value : sql`CONVERT(${value} USING utf8mb4)`;

/** Bytes of a text in a statement at most: three for each unit of UTF-16, and a backslash before. */
const bytesOf = (text: string | null): number => 4 * (text?.length ?? 1) + 4;

/** The key stands in a row twice. */
const bytesOfChange = ({ pk, from, to }: RowChange): number =>
  2 * bytesOf(pk) + FIELDS.reduce((sum, field) => sum + bytesOf(from[field]) + bytesOf(to[field]), 0);

/** Rows in statements that the server takes. */
function* parts<Item>(items: readonly Item[], bytesIn: (item: Item) => number): Generator<Item[]> {
  let part: Item[] = [];
  let size = 0;
  for (const item of items) {
    const bytes = bytesIn(item);
    if (part.length > 0 && size + bytes > MOST_BYTES) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(item);
    size += bytes;
  }
  if (part.length > 0) yield part;
}

/** A batch's rows beside their lines of the ledger. */
class Batch {
  readonly #columns: IdColumns;
  readonly #ledger: LedgerPlace;
  /** The table as `a`. */
  readonly #table: RawBuilder<unknown>;
  /** The keys of rows that the table can have, and these rows. */
  readonly #keys: readonly (string | bigint)[];
  readonly #rows: readonly RowChange[];

  constructor(columns: IdColumns, table: RawBuilder<unknown>, ledger: LedgerPlace, rows: readonly RowChange[]) {
    this.#columns = columns;
    this.#table = table;
    this.#ledger = ledger;
    const keys: (string | bigint)[] = [];
    this.#rows = rows.filter(({ pk }) => {
      const key = keyValue(columns.id, pk);
      if (key !== undefined) keys.push(key);
      return key !== undefined;
    });
    this.#keys = keys;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** A line for each row, whether or not it still is what it was. */
  get lines(): Statement {
    const { run, pass } = this.#ledger;
    const values = this.#rows.map(({ from, to }, index) => [
      run,
      pass,
      this.#keys[index],
      from.v1,
      from.v2,
      from.backup,
      to.v1,
      to.v2,
      to.backup,
    ]);
    return dialect.compile(
      sql`INSERT INTO ${named(this.#ledger.table)} (run, pass_number, pk, old_v1, old_v2, old_backup, new_v1, new_v2, new_backup)
        VALUES ${sql.val(values)}`,
    );
  }

  /** Locks the rows that still are what they were, and counts or lists them. */
  locked(what: Expression): Statement {
    const same = FIELDS.map(
      (field) =>
        sql`${bytes(this.#own(this.#columns[field]), this.#columns[field])} <=> ${sql.id('l', `old_${field}`)}`,
    );
    return dialect.compile(
      sql`SELECT ${what} FROM ${this.#joined()} WHERE ${all([this.#hasKey('a', this.#columns.id.name), ...same])} FOR UPDATE`,
    );
  }

  /** Takes the lines of all other rows away. */
  without(others: readonly string[]): Statement {
    const left = others.map((pk) => keyValue(this.#columns.id, pk));
    const pk = sql.id('pk');
    return dialect.compile(
      sql`DELETE FROM ${named(this.#ledger.table)} WHERE run = ${this.#ledger.run} AND pass_number = ${this.#ledger.pass} AND ${this.#hasKey(undefined, 'pk')}
        ${left.length === 0 ? sql`` : sql`AND NOT ${isOneOf(pk, left)}`}`,
    );
  }

  /** Backup first: on MariaDB each assignment sees those before it. */
  get update(): Statement {
    const { backup, v1, v2, touched, id } = this.#columns;
    const become = (column: Column, name: string) =>
      sql`${this.#own(column)} = ${fromBytes(sql.id('l', name), column)}`;
    const set = [become(backup, 'new_backup'), become(v1, 'new_v1'), become(v2, 'new_v2')];
    if (touched !== undefined) set.push(sql`${this.#own(touched)} = ${this.#own(touched)}`);
    return dialect.compile(sql`UPDATE ${this.#joined()} SET ${join(set)} WHERE ${this.#hasKey('a', id.name)}`);
  }

  #own({ name }: Column): Expression {
    return sql.id('a', name);
  }

  #hasKey(table: 'a' | undefined, name: string): Expression {
    return isOneOf(table === undefined ? sql.id(name) : sql.id(table, name), this.#keys);
  }

  /** By the table's primary key, then by the ledger's; texts to the byte, as the collation may take another one for it. */
  #joined(): Expression {
    const { id } = this.#columns;
    const line = sql.id('l', 'pk');
    const exact = id.kind === 'text' ? sql` AND ${bytes(this.#own(id), id)} = ${bytes(line, id)}` : sql``;
    return sql`${this.#table} STRAIGHT_JOIN ${named(this.#ledger.table)} AS l
      ON ${line} = ${this.#own(id)} AND l.run = ${this.#ledger.run} AND l.pass_number = ${this.#ledger.pass}${exact}`;
  }
}

/**
 * The lines come first, and tell the server what to compare and to set; the rows are locked before it is known which of
 * them still are what they were, so that this stays true until the end of the transaction.
 *
 * 2,000 rows of a table of 200,000 with three indexes take MariaDB 10.11 49 ms of its processor's time, and one UPDATE of
 * them 38 ms. Without the look before, behind a savepoint in case that a row is missing, it is 49 ms too, with the lines
 * from JSON_TABLE 50 ms, by way of the ledger's key 57 ms.
 */
async function changePart(session: WritingSession, batch: Batch): Promise<number> {
  await session.execute(batch.lines);
  const [counted] = await session.query(batch.locked(sql`COUNT(*) AS n`));
  let expected = Number(counted?.['n']);
  if (expected < batch.size) {
    // Another one may have come since the count: one that was not there had no lock.
    const left = await session.query(batch.locked(sql`${dialect.text(sql.id('l', 'pk'))} AS pk`));
    await session.execute(batch.without(left.map((row) => row['pk'] ?? '')));
    expected = left.length;
  }
  if (expected === 0) return 0;
  const changed = await session.execute(batch.update);
  if (changed !== expected) throw new Error(`${expected} rows were locked and ${changed} changed`);
  return changed;
}

export const changeRows: WritingEngine['changeRows'] = (columns, ledger, rows) => async (session) => {
  let changed = 0;
  const table = await byKey(session, columns);
  for (const part of parts(rows, bytesOfChange)) {
    const batch = new Batch(columns, table, ledger, part);
    if (batch.size > 0) changed += await changePart(session, batch);
  }
  return changed;
};

export const backUp: WritingEngine['backUp'] = async (session, columns, pks) => {
  const { id, v2, backup, touched } = columns;
  const own = ({ name }: Column) => sql.id('a', name);
  const set = [sql`${own(backup)} = ${own(v2)}`];
  if (touched !== undefined) set.push(sql`${own(touched)} = ${own(touched)}`);
  const table = await byKey(session, columns);
  let copied = 0;
  for (const part of parts(pks, (pk) => 2 * bytesOf(pk))) {
    const keys = part.flatMap((pk) => keyValue(id, pk) ?? []);
    if (keys.length === 0) continue;
    const conditions = [isOneOf(own(id), keys), sql`${own(backup)} IS NULL`, sql`${own(v2)} IS NOT NULL`];
    if (id.kind === 'text') conditions.push(isOneOf(bytes(own(id), id), keys));
    copied += await session.execute(dialect.compile(sql`UPDATE ${table} SET ${join(set)} WHERE ${all(conditions)}`));
  }
  return copied;
};
