import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { Target } from '../../src/config/target.ts';
import { openMysql } from '../../tests/engines/mysql.ts';
import { openPostgres } from '../../tests/engines/postgres.ts';
import { startMysql, startPostgres, type ThrowAway } from '../../tests/engines/servers.ts';
import { openSqlite } from '../../tests/engines/sqlite.ts';
import { targetOf, type Writer, withDatabase } from '../../tests/engines/writer.ts';
import { fillMysql, fillPostgres, fillSqlite, type Shape } from './rows.ts';
import { Terminal, type TerminalOptions } from './terminal.ts';

type EngineName = Target['engine'];

/** A database with rows that measures read. */
export interface Stand {
  readonly engine: EngineName;
  /** As `--url` takes it. */
  readonly url: string;
  readonly context: Context;
  /** A writing session. */
  open(): Promise<Writer>;
}

/** A server's memory for pages: a table of 1,000,000 rows has room in it, as on a server that is made for it. */
const BUFFER_MB = 1024;

/** The built program. */
export const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'apptop.js');

/** The servers of a run, the databases on them, and a home for the programs that are measured. */
export class Stage {
  readonly #folder: string;
  readonly #servers: ReadonlyMap<EngineName, ThrowAway>;
  readonly #stands = new Map<string, Promise<Stand>>();

  private constructor(folder: string, servers: ReadonlyMap<EngineName, ThrowAway>) {
    this.#folder = folder;
    this.#servers = servers;
  }

  /** Starts the servers that are installed. */
  static async open(): Promise<Stage> {
    const [mysql, postgres] = await Promise.all([startMysql(BUFFER_MB), startPostgres(BUFFER_MB)]);
    const servers = new Map<EngineName, ThrowAway>();
    if (mysql !== undefined) servers.set('mysql', mysql);
    if (postgres !== undefined) servers.set('postgres', postgres);
    return new Stage(mkdtempSync(join(tmpdir(), 'apptop-bench-')), servers);
  }

  /** A folder that goes with the stage. */
  get folder(): string {
    return this.#folder;
  }

  /** Every engine of this run. */
  get engines(): readonly EngineName[] {
    return ['sqlite', ...this.#servers.keys()];
  }

  has(engine: EngineName): boolean {
    return this.engines.includes(engine);
  }

  /** The servers' own words on their versions. */
  async serverVersions(): Promise<Readonly<Record<string, string>>> {
    const versions = [...this.#servers].map(async ([engine, { url }]) => {
      const writer = await (engine === 'mysql' ? openMysql : openPostgres)(url);
      const [row] = await writer.execute('SELECT version() AS version');
      await writer.close();
      return [engine, row?.version ?? ''];
    });
    return Object.fromEntries(await Promise.all(versions));
  }

  /**
   * A database of a shape, made when it is first asked for.
   * @param owner which measure has it for itself, where it writes
   */
  stand(engine: EngineName, shape: Shape, owner?: string): Promise<Stand> {
    const name = ['bench', shape.rows, ...(shape.queue ? ['queue'] : []), ...(owner === undefined ? [] : [owner])].join(
      '_',
    );
    const key = `${engine} ${name}`;
    const stand = this.#stands.get(key) ?? this.#make(engine, name, shape);
    this.#stands.set(key, stand);
    return stand;
  }

  /** A home of its own for what programs keep, caches among them: those of earlier starts are warm. */
  get environment(): Readonly<Record<string, string>> {
    return {
      HOME: this.#folder,
      XDG_CACHE_HOME: join(this.#folder, 'cache'),
      XDG_CONFIG_HOME: join(this.#folder, 'config'),
      XDG_STATE_HOME: join(this.#folder, 'state'),
    };
  }

  /** The built program in a terminal. */
  apptop(args: readonly string[], options: TerminalOptions = {}): Terminal {
    return new Terminal([process.execPath, LAUNCHER, ...args], { ...options, env: this.environment });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** An empty database of its own, for what writes. */
  async database(engine: EngineName, name: string): Promise<Stand> {
    process.stderr.write(`bench: making ${engine} ${name} …\n`);
    if (engine === 'sqlite') {
      const path = join(this.#folder, `${name}.sqlite`);
      const target: Target = { engine, path };
      return { engine, url: `sqlite:${path}`, context: named(target), open: async () => openSqlite(path) };
    }
    const server = this.#servers.get(engine);
    if (server === undefined) throw new Error(`there is no ${engine} server`);
    const open = engine === 'mysql' ? openMysql : openPostgres;
    const whole = await open(server.url);
    await whole.execute(`CREATE DATABASE ${name}`);
    await whole.close();
    const url = withDatabase(server.url, name);
    return { engine, url, context: named(targetOf(engine, url)), open: () => open(url) };
  }

  async #make(engine: EngineName, name: string, shape: Shape): Promise<Stand> {
    const stand = await this.database(engine, name);
    const { target } = stand.context;
    if (target.engine === 'sqlite') {
      fillSqlite(target.path, shape);
      return stand;
    }
    const writer = await stand.open();
    const fill = engine === 'mysql' ? fillMysql : fillPostgres;
    const execute: Writer['execute'] = (sql, values) => writer.execute(sql, values);
    await fill({ target, url: stand.url, execute, drop: async () => {} }, shape);
    await writer.close();
    return stand;
  }
}

const named = (target: Target): Context => ({ ...defaultContext('bench', target), environment: 'local' });
