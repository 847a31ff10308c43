import { sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Column, Expression } from '../connection.ts';
import { join } from '../queries/expressions.ts';
import {
  columnList,
  constraintOf,
  type Deed,
  momentDigits,
  type NewColumn,
  type RowKey,
  type SchemaWords,
  type Touch,
} from '../schema-words.ts';
import { named } from '../state/tables.ts';
import { dialect } from './dialect.ts';

const TYPES = {
  key: 'char(36)',
  word: 'varchar(255)',
  text: 'text',
  moment: 'datetime(6)',
  flag: 'boolean',
  number: 'int',
  details: 'json',
} as const;

const STANDARDS = {
  key: '(uuid())',
  now: 'CURRENT_TIMESTAMP(6)',
  touched: 'CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)',
  true: 'true',
  '0': '0',
} as const;

/** The same for a column that is there: an expression stands in brackets, and what happens on an update is kept. */
const SET_STANDARDS = {
  ...STANDARDS,
  now: `(${STANDARDS.now})`,
  touched: `(${STANDARDS.now})`,
} as const;

/** Each of these statements commits by itself, transaction or not. */
const deed = (...statements: readonly Expression[]): Deed => ({ sql: statements, alone: true });

const sameType = ({ type, collation }: Column): string =>
  collation === undefined ? type : `${type} COLLATE ${collation}`;

function declared({ name, type, required, primary, standard }: NewColumn): Expression {
  const words = [
    typeof type === 'string' ? TYPES[type] : sameType(type),
    required ? 'NOT NULL' : 'NULL',
    ...(standard === undefined ? [] : [`DEFAULT ${STANDARDS[standard]}`]),
    ...(primary ? ['PRIMARY KEY'] : []),
  ];
  return sql`${sql.id(name)} ${sql.raw(words.join(' '))}`;
}

/** A column of moments that says when its row was changed. */
function moment({ name, type, nullable }: Column, touched: boolean): Expression {
  const now = `CURRENT_TIMESTAMP${/\(\d\)/.exec(type)?.[0] ?? ''}`;
  const words = `${type} ${nullable ? 'NULL' : 'NOT NULL'} DEFAULT ${now}${touched ? ` ON UPDATE ${now}` : ''}`;
  return sql`${sql.id(name)} ${sql.raw(words)}`;
}

const touch: Touch = {
  how: 'ON UPDATE CURRENT_TIMESTAMP of the column',
  byColumn: true,
  found: (column) => (column?.default?.includes('on update') ? 'there' : 'absent'),
  make(table, column) {
    if (column === undefined) throw new Error('a column that is made anew needs no more');
    return deed(sql`ALTER TABLE ${named(table)} MODIFY ${moment(column, true)}`);
  },
  unmake: (table, column) => deed(sql`ALTER TABLE ${named(table)} MODIFY ${moment(column, false)}`),
};

const DROPS = { unique: 'INDEX', check: 'CONSTRAINT', 'foreign key': 'FOREIGN KEY' } as const;

/**
 * The server's own uuid() tells the machine as well. Two of the random bits are zeros: each function that is called costs
 * 0.4 µs an event.
 */
function fresh(key: RowKey, moment: number, dash: string): Expression {
  const digits = momentDigits(moment);
  const random = (characters: number) =>
    sql.raw(`RIGHT(HEX(RANDOM_BYTES(${Math.ceil(characters / 2)})), ${characters})`);
  const first = sql.lit(`${digits.slice(0, 8)}${dash}${digits.slice(8)}${dash}7`);
  const counter = key.kind === 'integer' ? sql`LPAD(HEX(${key.value} & 4095), 3, '0')` : random(3);
  const last = dash === '' ? random(15) : sql`${random(3)}, '-', ${random(12)}`;
  return sql`LOWER(CONCAT(${first}, ${counter}, ${sql.lit(`${dash}8`)}, ${last}))`;
}

export const schema: SchemaWords = {
  limits: [
    'a unique index has room for any number of NULLs here: it need not leave out events without a booking',
    'each statement commits by itself: what a broken run has made stays, and the next run makes the rest',
  ],
  createTable: (table, columns, checks) =>
    deed(
      sql`CREATE TABLE ${named(table)} (${join([...columns.map(declared), ...checks.map(constraintOf)])}) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
    ),
  addColumn: (table, column, constraints) =>
    deed(
      sql`ALTER TABLE ${named(table)} ADD COLUMN ${declared(column)}${sql.join(
        constraints.map((constraint) => sql`, ADD ${constraintOf(constraint)}`),
        sql``,
      )}`,
    ),
  dropColumn: (table, name) => deed(sql`ALTER TABLE ${named(table)} DROP COLUMN ${sql.id(name)}`),
  // MODIFY would take whatever else the column was declared with, and not name it: comments, checks.
  setDefault: (table, { name, standard }) =>
    deed(
      sql`ALTER TABLE ${named(table)} ALTER COLUMN ${sql.id(name)} SET DEFAULT ${sql.raw(standard === undefined ? 'NULL' : SET_STANDARDS[standard])}`,
    ),
  dropTable: (table) => deed(sql`DROP TABLE ${named(table)}`),
  addConstraint: (table, constraint) => deed(sql`ALTER TABLE ${named(table)} ADD ${constraintOf(constraint)}`),
  dropConstraint: (table, type, name) =>
    deed(sql`ALTER TABLE ${named(table)} DROP ${sql.raw(DROPS[type])} ${sql.id(name)}`),
  createIndex: (table, { name, columns, unique }) =>
    deed(
      sql`ALTER TABLE ${named(table)} ADD ${sql.raw(unique ? 'UNIQUE INDEX' : 'INDEX')} ${sql.id(name)} (${columnList(columns)})`,
    ),
  dropIndex: (table, name) => deed(sql`ALTER TABLE ${named(table)} DROP INDEX ${sql.id(name)}`),
  touch,
  exported: ({ name, kind }) =>
    kind === 'binary' ? sql`CONCAT('0x', HEX(${sql.id(name)}))` : dialect.text(sql.id(name)),
  async exclusively(session, table, work) {
    const say = (statement: Expression) => session.execute(dialect.compile(statement));
    await say(sql`LOCK TABLES ${named(table)} WRITE`);
    try {
      return await work();
    } finally {
      // A session that is gone holds nothing.
      await say(sql`UNLOCK TABLES`).catch((error: unknown) => {
        if (!(error instanceof Problem && error.kind === 'lost')) throw error;
      });
    }
  },
  freshUuid({ type, kind }, key, moment) {
    if (/^(var)?char\(32\)/.test(type)) return fresh(key, moment, '');
    return kind === 'text' ? fresh(key, moment, '-') : undefined;
  },
};
