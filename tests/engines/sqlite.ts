import Database from 'better-sqlite3';
import type { Row } from '../../src/data/connection.ts';
import type { Value, Writer } from './writer.ts';

/** A writing session on a file, which is made when it is not there. */
export function openSqlite(path: string): Writer {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = OFF');
  database.defaultSafeIntegers(true);
  return {
    execute: async (sql, parameters = []) => {
      const statement = database.prepare<Value[], Record<string, unknown>>(sql);
      const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
      if (statement.reader) return statement.all(...values).map(asText);
      statement.run(...values);
      return [];
    },
    close: async () => {
      database.close();
    },
  };
}

function asText(row: Record<string, unknown>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]));
}
