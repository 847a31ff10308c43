import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openMysql } from '../engines/mysql.ts';
import { openPostgres } from '../engines/postgres.ts';
import { findProgram, freePort, nobody, postgresPrograms } from '../engines/programs.ts';
import type { Writer } from '../engines/writer.ts';
import { poll } from '../support.ts';

/** A server that loses nothing that it has committed when its processes are killed. */
export interface HardyServer {
  readonly url: string;
  /** Kills every process of it at once and starts it again; resolves when it answers. */
  crash(): Promise<void>;
}

interface Recipe {
  /** Shell commands; they see $FOLDER and $PORT. */
  readonly prepare: string;
  /** The server's command line, without the marks of the shell. */
  readonly serve: string;
  readonly files: Readonly<Record<string, string>>;
  url(port: number): string;
  open(url: string): Promise<Writer>;
}

function postgresRecipe(): Recipe | undefined {
  const bin = postgresPrograms();
  if (bin === undefined) return undefined;
  return {
    prepare: `'${bin}/initdb' -D $FOLDER/data -U apptop -A scram-sha-256 --pwfile=$FOLDER/password --no-sync -E UTF8 --locale=C`,
    serve: `'${bin}/postgres' -D $FOLDER/data -p $PORT -k $FOLDER -h 127.0.0.1 -c shared_buffers=32MB -c fsync=on`,
    files: { password: 'throw-away' },
    url: (port) => `postgres://apptop:throw-away@127.0.0.1:${port}/postgres`,
    open: openPostgres,
  };
}

function mysqlRecipe(): Recipe | undefined {
  const [server, installer] = [findProgram(['mariadbd']), findProgram(['mariadb-install-db'])];
  if (server === undefined || installer === undefined) return undefined;
  const common = '--no-defaults --datadir=$FOLDER/data --innodb-buffer-pool-size=32M --innodb-log-file-size=16M';
  return {
    prepare: `'${installer}' ${common} --auth-root-authentication-method=normal --skip-test-db`,
    serve: `'${server}' ${common} --tmpdir=$FOLDER --socket=$FOLDER/mysql.sock --port=$PORT --pid-file=$FOLDER/pid \\
      --bind-address=127.0.0.1 --skip-name-resolve --skip-log-bin --init-file=$FOLDER/init.sql \\
      --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=1`,
    files: {
      'init.sql': `CREATE USER IF NOT EXISTS apptop@'%' IDENTIFIED BY 'throw-away';\nGRANT ALL ON *.* TO apptop@'%';\n`,
    },
    url: (port) => `mysql://apptop:throw-away@127.0.0.1:${port}/mysql`,
    open: openMysql,
  };
}

/**
 * Starts a server for one test; undefined where its programs are not on this machine. The server is in a process group of
 * its own, so that it is killed as a whole. Started while the last of it still ends, it gives up, and is started again.
 */
export async function startHardy(name: 'mysql' | 'postgres'): Promise<HardyServer | undefined> {
  const recipe = name === 'mysql' ? mysqlRecipe() : postgresRecipe();
  if (recipe === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), `apptop-hardy-${name}-`));
  for (const [file, content] of Object.entries(recipe.files)) writeFileSync(join(folder, file), content);
  const unprivileged = process.getuid?.() === 0 ? nobody() : undefined;
  if (unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
  const port = await freePort();
  writeFileSync(join(folder, 'serve'), `while :; do ${recipe.serve}; sleep 0.1; done`);
  // Its standard input ends with this process, however that ends.
  const supervisor = `
    ( ${recipe.prepare} ) >$FOLDER/log 2>&1
    serve() { setsid /bin/sh $FOLDER/serve >>$FOLDER/log 2>&1 & server=$!; }
    serve
    while read -r word; do kill -KILL -$server; wait $server; echo killed; serve; done
    kill -KILL -$server
    rm -rf $FOLDER`;
  const shell = spawn('/bin/sh', ['-c', supervisor], {
    ...unprivileged,
    cwd: folder,
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, LC_ALL: 'C', FOLDER: folder, PORT: String(port) },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(async () => {
    shell.stdin.end();
    await poll(() => shell.exitCode !== null || shell.signalCode !== null, { what: 'the end of a server' });
  });
  const url = recipe.url(port);
  const answers = async () => {
    const writer = await poll(() => recipe.open(url), { deadlineMs: 30_000, what: `the hardy ${name}` });
    await writer.close();
  };
  try {
    await answers();
  } catch (error) {
    const log = readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(-15).join('\n');
    throw new Error(`${name} did not start:\n${log}`, { cause: error });
  }
  return {
    url,
    crash: async () => {
      const killed = once(shell.stdout, 'data');
      shell.stdin.write('crash\n');
      await killed;
      await answers();
    },
  };
}
