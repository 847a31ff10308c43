import { sql } from 'kysely';
import type { Expression } from '../connection.ts';
import { join } from '../queries/expressions.ts';
import {
  columnList,
  type Deed,
  momentDigits,
  type NewColumn,
  type NewConstraint,
  type NewIndex,
  type RowKey,
  type SchemaWords,
  type Touch,
} from '../schema-words.ts';
import { named } from '../state/tables.ts';

const TYPES = {
  key: 'text',
  word: 'text',
  text: 'text',
  moment: 'datetime',
  flag: 'boolean',
  number: 'integer',
  details: 'json',
} as const;

const NOW = `strftime('%Y-%m-%d %H:%M:%f', 'now')`;

const hex = (bytes: number): string => `hex(randomblob(${bytes}))`;

const RANDOM_COUNTER = `substr(${hex(2)}, 2)`;

/** The last digits of a uuid: its variant, and random ones. */
const ending = (dash: string): string =>
  `substr('89AB', 1 + (abs(random()) % 4), 1) || ${RANDOM_COUNTER} || '${dash}' || ${hex(6)}`;

function fresh(key: RowKey, moment: number, dash: string): Expression {
  const digits = momentDigits(moment);
  const counter = key.kind === 'integer' ? sql`printf('%03x', ${key.value} & 4095)` : sql.raw(RANDOM_COUNTER);
  const first = sql.lit(`${digits.slice(0, 8)}${dash}${digits.slice(8)}${dash}7`);
  return sql`lower(${first} || ${counter} || ${sql.lit(dash)} || ${sql.raw(ending(dash))})`;
}

/** A random uuid, of version 4. */
const RANDOM_UUID = `lower(${hex(4)} || '-' || ${hex(2)} || '-4' || ${RANDOM_COUNTER} || '-' || ${ending('-')})`;

const STANDARDS = {
  key: `(${RANDOM_UUID})`,
  now: `(${NOW})`,
  touched: `(${NOW})`,
  true: 'true',
  '0': '0',
} as const;

const deed = (...statements: readonly Expression[]): Deed => ({ sql: statements, alone: false });

/** A type as SQLite takes it without quotes: words, and numbers in brackets. */
const TYPE = /^[a-z_][\w ]*(\([\d ,.+-]+\))?$/i;

function declared({ name, type, required, primary, standard }: NewColumn): Expression {
  const asked = typeof type === 'string' ? TYPES[type] : type.type;
  const words = [
    TYPE.test(asked) ? asked : 'text',
    ...(primary ? ['PRIMARY KEY'] : []),
    ...(required ? ['NOT NULL'] : []),
    ...(standard === undefined ? [] : [`DEFAULT ${STANDARDS[standard]}`]),
  ];
  return sql`${sql.id(name)} ${sql.raw(words.join(' '))}`;
}

/** As it stands behind the column that it is about; a foreign key names a table of the same file. */
function ofColumn(constraint: NewConstraint): Expression {
  const name = sql` CONSTRAINT ${sql.id(constraint.name)}`;
  if (constraint.type === 'unique') throw new Error('a unique constraint is an index here');
  return constraint.type === 'check'
    ? sql`${name} CHECK (${constraint.condition})`
    : sql`${name} REFERENCES ${sql.id(constraint.target.name)} (id) ON DELETE SET NULL`;
}

const createIndex = (table: Parameters<SchemaWords['createIndex']>[0], index: NewIndex): Deed =>
  deed(
    sql`CREATE ${sql.raw(index.unique ? 'UNIQUE INDEX' : 'INDEX')} ${named({ schema: table.schema, name: index.name })} ON ${sql.id(table.name)} (${columnList(index.columns)})${
      index.where === undefined ? sql`` : sql` WHERE ${sql.id(index.where)} IS NOT NULL`
    }`,
  );

const dropIndex: SchemaWords['dropIndex'] = (table, name) =>
  deed(sql`DROP INDEX ${named({ schema: table.schema, name })}`);

const body = (table: string): Expression =>
  sql`WHEN NEW.updated_at IS OLD.updated_at BEGIN UPDATE ${sql.id(table)} SET updated_at = ${sql.raw(NOW)} WHERE id = NEW.id; END`;

/** The trigger sets itself off where it is told to, and then does nothing. */
const touch: Touch = {
  how: 'a trigger',
  byColumn: false,
  found(_column, triggers, name) {
    const there = triggers.find((trigger) => trigger.name === name);
    if (there === undefined) return 'absent';
    return there.definition.includes(`SET updated_at = ${NOW} WHERE id = NEW.id`)
      ? 'there'
      : { differs: 'has its name from something else' };
  },
  make: (table, _column, name) =>
    deed(
      sql`CREATE TRIGGER ${named({ schema: table.schema, name })} AFTER UPDATE ON ${sql.id(table.name)} FOR EACH ROW ${body(table.name)}`,
    ),
  unmake: (table, _column, name) => deed(sql`DROP TRIGGER ${named({ schema: table.schema, name })}`),
};

export const schema: SchemaWords = {
  limits: [
    'a unique constraint is a unique index here, which can be dropped again',
    'a check or a foreign key is made with its column only: to a column that is there it can not be added',
  ],
  createTable: (table, columns, checks) =>
    deed(
      sql`CREATE TABLE ${named(table)} (${join([
        ...columns.map(declared),
        ...checks.map((check) =>
          check.type === 'check' ? sql`CONSTRAINT ${sql.id(check.name)} CHECK (${check.condition})` : sql``,
        ),
      ])})`,
    ),
  addColumn: (table, column, constraints) =>
    deed(sql`ALTER TABLE ${named(table)} ADD COLUMN ${declared(column)}${sql.join(constraints.map(ofColumn), sql``)}`),
  dropColumn: (table, name) => deed(sql`ALTER TABLE ${named(table)} DROP COLUMN ${sql.id(name)}`),
  dropTable: (table) => deed(sql`DROP TABLE ${named(table)}`),
  addConstraint: (table, constraint) =>
    constraint.type === 'unique' ? createIndex(table, { ...constraint, unique: true }) : undefined,
  // What a CREATE TABLE said stays as long as the table; its index has a name of SQLite's own.
  dropConstraint: (table, type, name) =>
    type === 'unique' && !name.startsWith('sqlite_') ? dropIndex(table, name) : undefined,
  createIndex,
  dropIndex,
  touch,
  exported: ({ name }) => {
    const column = sql.id(name);
    return sql`CASE typeof(${column}) WHEN 'blob' THEN '0x' || hex(${column}) ELSE CAST(${column} AS TEXT) END`;
  },
  exclusively: (session, _table, work) => session.transaction(work),
  freshUuid({ type, kind }, key, moment) {
    if (/\(32\)/.test(type)) return fresh(key, moment, '');
    return kind === 'text' || kind === 'other' ? fresh(key, moment, '-') : undefined;
  },
};
