import type { Statement } from '../../src/data/connection.ts';
import { SETTINGS } from '../../src/data/postgres/driver.ts';
import { installed, output } from './programs.ts';
import type { Stand } from './stage.ts';

/** An engine's own client, which says how long a statement took. */
export interface Client {
  readonly name: string;
  /** Milliseconds of one statement, by the client's own clock: its start and its connecting don't count. */
  milliseconds(sql: string): Promise<number>;
}

/** A statement with its parameters written into it. */
export function inlined({ sql, parameters }: Statement): string {
  let next = 0;
  return sql.replace(/'[^']*'|\?|\$\d+/g, (place) => {
    if (place.startsWith("'")) return place;
    const value = parameters[place === '?' ? next++ : Number(place.slice(1)) - 1];
    return typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : `'${String(value).replaceAll("'", "''")}'`;
  });
}

/** The last number that a client's output has in a place. */
function last(text: string, pattern: RegExp): number {
  const value = [...text.matchAll(pattern)].at(-1)?.[1];
  if (value === undefined) throw new Error(`the client said no time:\n${text.slice(-500)}`);
  return Number(value);
}

/** The older ones know no fractions of a second, which apptop asks for. */
async function knowsSubseconds(): Promise<boolean> {
  const answer = await output(['sqlite3', ':memory:', "SELECT unixepoch('2000-01-01', 'subsec') IS NOT NULL"]);
  return answer.trim() === '1';
}

/** better-sqlite3 without apptop around it, for a machine whose sqlite3 is too old for the statement. */
const BARE = `
  const Database = require('better-sqlite3');
  const database = new Database(process.argv[1], { readonly: true });
  const sql = require('node:fs').readFileSync(0, 'utf8');
  const began = performance.now();
  database.prepare(sql).all();
  console.log('took ' + (performance.now() - began));
`;

async function sqliteClient(path: string): Promise<Client> {
  if (installed('sqlite3') && (await knowsSubseconds())) {
    return {
      name: 'sqlite3',
      milliseconds: async (sql) =>
        1000 * last(await output(['sqlite3', path], { input: `.timer on\n${sql};\n` }), /real ([\d.]+)/g),
    };
  }
  return {
    name: 'better-sqlite3 alone',
    milliseconds: async (sql) =>
      last(await output([process.execPath, '-e', BARE, path], { input: sql }), /took ([\d.]+)/g),
  };
}

/** The client of a stand's engine, with the session settings that apptop has; undefined when it is not installed. */
export async function clientOf({ context: { target } }: Stand): Promise<Client | undefined> {
  if (target.engine === 'sqlite') return sqliteClient(target.path);
  const { host, port, user = '', password = '', database = '' } = target;
  if (target.engine === 'postgres') {
    const command = ['psql', '-X', '-h', host, '-p', String(port), '-U', user, '-d', database];
    const env = { PGPASSWORD: password, PGOPTIONS: SETTINGS.map((setting) => `-c ${setting}`).join(' ') };
    const timed = (sql: string) => ({ input: `\\timing on\n${sql};\n`, env });
    if (!installed('psql')) return undefined;
    return {
      name: 'psql',
      milliseconds: async (sql) => last(await output(command, timed(sql)), /Time: ([\d.]+) ms/g),
    };
  }
  const client = ['mariadb', 'mysql'].find(installed);
  if (client === undefined) return undefined;
  const command = [client, '--no-defaults', '-vvv', '-h', host, '-P', String(port), '-u', user, database];
  const session = `SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, SESSION time_zone = '+00:00', SESSION sql_mode = 'NO_UNSIGNED_SUBTRACTION'`;
  return {
    name: client,
    milliseconds: async (sql) => {
      const said = await output(command, { input: `${session};\n${sql};\n`, env: { MYSQL_PWD: password } });
      return 1000 * last(said, /\(([\d.]+) sec\)/g);
    },
  };
}
