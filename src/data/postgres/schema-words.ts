import { sql } from 'kysely';
import type { Expression, TableName } from '../connection.ts';
import { join } from '../queries/expressions.ts';
import {
  columnList,
  constraintOf,
  type Deed,
  momentDigits,
  type NewColumn,
  type NewConstraint,
  type SchemaWords,
  type Touch,
} from '../schema-words.ts';
import { named } from '../state/tables.ts';
import { dialect } from './dialect.ts';

const TYPES = {
  key: 'uuid',
  word: 'text',
  text: 'text',
  moment: 'timestamptz',
  flag: 'boolean',
  number: 'integer',
  details: 'jsonb',
} as const;

const STANDARDS = { key: 'gen_random_uuid()', now: 'now()', touched: 'now()', true: 'true', '0': '0' } as const;

const deed = (...statements: readonly Expression[]): Deed => ({ sql: statements, alone: false });

function declared({ name, type, required, primary, standard }: NewColumn): Expression {
  const words = [
    typeof type === 'string' ? TYPES[type] : type.type,
    ...(primary ? ['PRIMARY KEY'] : required ? ['NOT NULL'] : []),
    ...(standard === undefined ? [] : [`DEFAULT ${STANDARDS[standard]}`]),
  ];
  return sql`${sql.id(name)} ${sql.raw(words.join(' '))}`;
}

/** What the trigger's function does, by which it is known again. */
const TOUCH = 'BEGIN NEW.updated_at = pg_catalog.now(); RETURN NEW; END';

/** A trigger with a function of its own, in the table's schema. */
const touch: Touch = {
  how: 'a trigger with its function',
  byColumn: false,
  found(_column, triggers, name) {
    const there = triggers.find((trigger) => trigger.name === name);
    if (there === undefined) return 'absent';
    return there.definition.endsWith(`\n${TOUCH}`) ? 'there' : { differs: 'has its name from something else' };
  },
  make(table, _column, name) {
    const own = named({ schema: table.schema, name });
    return deed(
      sql`CREATE FUNCTION ${own}() RETURNS trigger LANGUAGE plpgsql AS ${sql.lit(TOUCH)}`,
      sql`CREATE TRIGGER ${sql.id(name)} BEFORE UPDATE ON ${named(table)} FOR EACH ROW EXECUTE PROCEDURE ${own}()`,
    );
  },
  unmake(table, _column, name) {
    return deed(
      sql`DROP TRIGGER ${sql.id(name)} ON ${named(table)}`,
      sql`DROP FUNCTION ${named({ schema: table.schema, name })}()`,
    );
  },
};

const createIndex: SchemaWords['createIndex'] = (table, { name, columns, unique, where }, busy) => ({
  sql: [
    sql`CREATE ${sql.raw(unique ? 'UNIQUE INDEX' : 'INDEX')}${sql.raw(busy ? ' CONCURRENTLY' : '')} ${sql.id(name)} ON ${named(table)} (${columnList(columns)})${
      where === undefined ? sql`` : sql` WHERE ${sql.id(where)} IS NOT NULL`
    }`,
  ],
  alone: busy,
});

const validate = (table: TableName, name: string): Deed =>
  deed(sql`ALTER TABLE ${named(table)} VALIDATE CONSTRAINT ${sql.id(name)}`);

/** Rows that are there are looked at while others go on: each statement stands for itself then. */
function addConstraint(table: TableName, constraint: NewConstraint, busy: boolean): Deed {
  const added = sql`ALTER TABLE ${named(table)} ADD ${constraintOf(constraint)}`;
  if (!busy) return deed(added);
  if (constraint.type !== 'unique') {
    return { sql: [sql`${added} NOT VALID`, ...validate(table, constraint.name).sql], alone: true };
  }
  const { name } = constraint;
  const made = createIndex(table, { ...constraint, unique: true }, true);
  const bound = sql`ALTER TABLE ${named(table)} ADD CONSTRAINT ${sql.id(name)} UNIQUE USING INDEX ${sql.id(name)}`;
  return { sql: [...made.sql, bound], alone: true };
}

export const schema: SchemaWords = {
  limits: [],
  createTable: (table, columns, checks) =>
    deed(sql`CREATE TABLE ${named(table)} (${join([...columns.map(declared), ...checks.map(constraintOf)])})`),
  addColumn: (table, column, constraints) =>
    deed(
      sql`ALTER TABLE ${named(table)} ADD COLUMN ${declared(column)}`,
      ...constraints.flatMap((constraint) => addConstraint(table, constraint, false).sql),
    ),
  dropColumn: (table, name) => deed(sql`ALTER TABLE ${named(table)} DROP COLUMN ${sql.id(name)}`),
  setDefault: (table, { name, standard }) =>
    deed(
      sql`ALTER TABLE ${named(table)} ALTER COLUMN ${sql.id(name)} SET DEFAULT ${sql.raw(standard === undefined ? 'NULL' : STANDARDS[standard])}`,
    ),
  dropTable: (table) => deed(sql`DROP TABLE ${named(table)}`),
  addConstraint,
  validate,
  dropConstraint: (table, _type, name) => deed(sql`ALTER TABLE ${named(table)} DROP CONSTRAINT ${sql.id(name)}`),
  createIndex,
  dropIndex: (table, name) => deed(sql`DROP INDEX ${named({ schema: table.schema, name })}`),
  touch,
  exported: ({ name }) => dialect.text(sql.id(name)),
  exclusively: (session, table, work) =>
    session.transaction(async () => {
      await session.execute(dialect.compile(sql`LOCK TABLE ${named(table)} IN ACCESS EXCLUSIVE MODE`));
      return work();
    }),
  freshUuid({ type, kind }, key, moment) {
    const random = sql`replace(gen_random_uuid()::text, '-', '')`;
    const begin = sql.lit(`${momentDigits(moment)}7`);
    const digits =
      key.kind === 'integer'
        ? sql`${begin} || lpad(to_hex(${key.value} & 4095), 3, '0') || substr(${random}, 17)`
        : sql`${begin} || substr(${random}, 14)`;
    if (/^character( varying)?\(32\)/.test(type)) return digits;
    if (type === 'uuid') return sql`(${digits})::uuid`;
    return kind === 'text' ? sql`(${digits})::uuid::text` : undefined;
  },
};
