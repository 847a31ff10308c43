import { cpus, loadavg, release, totalmem } from 'node:os';
import Sqlite from 'better-sqlite3';
import manifest from '../../package.json' with { type: 'json' };
import { installed, output } from './programs.ts';
import type { Stage } from './stage.ts';

/** What figures depend on beside the product. */
export interface Machine {
  readonly at: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMB: number;
  readonly kernel: string;
  /** Processes that wanted the CPU in the last minute, before anything was measured. */
  readonly load: number;
  /** By name; `absent` where it is not installed. */
  readonly versions: Readonly<Record<string, string>>;
}

const PROGRAMS = ['psql', 'mariadb', 'sqlite3', 'pg_activity', 'pgcli'];

const versionOf = async (program: string): Promise<string> =>
  installed(program) ? (await output([program, '--version'])).trim() : 'absent';

export async function machineOf(stage: Stage): Promise<Machine> {
  const [processor] = cpus();
  const programs = await Promise.all(PROGRAMS.map(async (program) => [program, await versionOf(program)]));
  return {
    at: new Date().toISOString(),
    cpu: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryMB: Math.round(totalmem() / 1e6),
    kernel: release(),
    load: loadavg()[0] ?? 0,
    versions: {
      apptop: manifest.version,
      node: process.versions.node,
      'SQLite in better-sqlite3': String(new Sqlite(':memory:').prepare('SELECT sqlite_version()').pluck().get()),
      ...(await stage.serverVersions()),
      ...Object.fromEntries(programs),
    },
  };
}
