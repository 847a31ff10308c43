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
