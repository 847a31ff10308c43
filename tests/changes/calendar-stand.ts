import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import type { TestEngine } from '../engines/engines.ts';
import { Operated } from './guarded.ts';

/** An operator of a fresh database without appointments, after some statements; `await using` closes and drops it. */
export async function operatedOn(engine: TestEngine, statements: readonly string[], change: Partial<Context> = {}) {
  const db = await engine.database();
  for (const statement of statements) await db.execute(statement);
  const context: Context = {
    ...defaultContext('test', db.target),
    environment: 'staging',
    access: 'operate',
    ...change,
  };
  const operator = new Operated(engine, db, context, await openDatabase(context));
  return Object.assign(operator, {
    [Symbol.asyncDispose]: async () => {
      await operator.database.close();
      await db.drop();
    },
  });
}

/** A database of the calendar's application: people and bookings. */
export const peopleAndBookings = (engine: TestEngine): readonly string[] => {
  const uuid = engine.name === 'postgres' ? 'uuid' : 'char(36)';
  return [`CREATE TABLE profiles (id ${uuid} PRIMARY KEY)`, `CREATE TABLE bookings (id ${uuid} PRIMARY KEY)`];
};

/** Every object that the database has, whatever it is, by its own words. */
export async function objectsIn({ database, context }: Operated): Promise<readonly string[]> {
  const options = { lane: 'row' } as const;
  const tables = await database.introspect(options, (has, connection) => has.tables(connection));
  const found: string[] = [];
  for (const name of tables.filter((table) => !table.startsWith('apptop_'))) {
    const table = { schema: context.table.schema, name };
    const shape = await database.introspect(options, async (has, connection) => ({
      columns: await has.columns(connection, table),
      indexes: await has.indexes(connection, table),
      constraints: await has.constraints(connection, table),
      triggers: await has.triggers(connection, table),
    }));
    found.push(`${name} ${JSON.stringify(shape)}`);
  }
  return found;
}

/** How somebody else has altered a column of the events, on each engine. */
export interface Altered {
  readonly postgres: string;
  readonly mysql: string;
  /** What stands in the table's own words, and what in its place. */
  readonly sqlite: readonly [from: string, to: string];
}

export const NULLABLE: Altered = {
  postgres: 'ALTER COLUMN calendar_provider DROP NOT NULL',
  mysql: 'MODIFY calendar_provider varchar(255) COLLATE utf8mb4_bin NULL',
  sqlite: ['"calendar_provider" text NOT NULL', '"calendar_provider" text'],
};
/** Alters the events as somebody else would: SQLite takes a new table in the place of the old one. */
export async function alter(
  { engine, db }: Pick<Operated, 'engine' | 'db'>,
  { sqlite: [from, to], ...altered }: Altered,
): Promise<void> {
  if (engine.name !== 'sqlite')
    return void (await db.execute(`ALTER TABLE external_calendar_events ${altered[engine.name]}`));
  const made = await db.execute(
    `SELECT sql FROM sqlite_schema WHERE tbl_name = 'external_calendar_events' AND sql IS NOT NULL ORDER BY type = 'table' DESC`,
  );
  const [table = '', ...others] = made.map(({ sql }) => sql ?? '');
  if (!table.includes(from)) throw new Error(`${from} is not in ${table}`);
  await db.execute(`DROP TABLE external_calendar_events`);
  for (const statement of [table.replace(from, to), ...others]) await db.execute(statement);
}
