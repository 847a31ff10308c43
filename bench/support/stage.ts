import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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

  /** A database of a shape, made when it is first asked for. */
  stand(engine: EngineName, shape: Shape): Promise<Stand> {
    const name = `bench_${shape.rows}${shape.queue ? '_queue' : ''}`;
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

  async #make(engine: EngineName, name: string, shape: Shape): Promise<Stand> {
    process.stderr.write(`bench: making ${engine} ${name} …\n`);
    if (engine === 'sqlite') {
      const path = join(this.#folder, `${name}.sqlite`);
      if (!existsSync(path)) fillSqlite(path, shape);
      const target: Target = { engine, path };
      return { engine, url: `sqlite:${path}`, context: named(target), open: async () => openSqlite(path) };
    }
    const server = this.#servers.get(engine);
    if (server === undefined) throw new Error(`there is no ${engine} server`);
    const [open, fill] = engine === 'mysql' ? [openMysql, fillMysql] : [openPostgres, fillPostgres];
    const whole = await open(server.url);
    await whole.execute(`CREATE DATABASE ${name}`);
    await whole.close();
    const url = withDatabase(server.url, name);
    const target = targetOf(engine, url);
    const writer = await open(url);
    await fill({ target, url, execute: (sql, values) => writer.execute(sql, values), drop: async () => {} }, shape);
    await writer.close();
    return { engine, url, context: named(target), open: () => open(url) };
  }
}

const named = (target: Target): Context => ({ ...defaultContext('bench', target), environment: 'local' });
