import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../support.ts';
import { openMysql } from './mysql.ts';
import { openPostgres } from './postgres.ts';
import { findProgram, freePort, nobody, postgresPrograms } from './programs.ts';

/** A throw-away server: its address, and how to end it and remove its folder. */
export interface ThrowAway {
  readonly url: string;
  stop(): Promise<void>;
}

interface Recipe {
  /** Shell commands, the last one an `exec` of the server; they see $FOLDER and $PORT. */
  readonly script: string;
  /** How the server is told to go: fast, as nothing of it is kept. */
  readonly signal: 'QUIT' | 'KILL';
  readonly files: Readonly<Record<string, string>>;
  url(port: number): string;
  ready(url: string): Promise<{ close(): Promise<void> }>;
}

/** Enough for a test's tables. */
const BUFFER_MB = 32;

/** Starts a standby of a PostgreSQL that `startPostgres` started; undefined when it can't be. */
export async function startStandby(primary: ThrowAway): Promise<ThrowAway | undefined> {
  const bin = postgresPrograms();
  if (bin === undefined) return undefined;
  return await start('standby', {
    script: `
      '${bin}/pg_basebackup' -d '${primary.url}' -D $FOLDER/data -R --checkpoint=fast --no-sync
      exec '${bin}/postgres' -D $FOLDER/data -p $PORT -k $FOLDER -h 127.0.0.1 -c fsync=off`,
    signal: 'QUIT',
    files: {},
    url: (port) => Object.assign(new URL(primary.url), { port }).href,
    ready: openPostgres,
  });
}

/**
 * Starts a PostgreSQL from the binaries on this machine; undefined when there are none.
 * @param bufferMb its memory for pages
 */
export async function startPostgres(bufferMb: number = BUFFER_MB): Promise<ThrowAway | undefined> {
  const bin = postgresPrograms();
  if (bin === undefined) return undefined;
  return await start('postgres', {
    script: `
      '${bin}/initdb' -D $FOLDER/data -U apptop -A scram-sha-256 --pwfile=$FOLDER/password --no-sync -E UTF8 --locale=C
      tls=off
      if openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \\
        -keyout $FOLDER/server.key -out $FOLDER/server.crt; then tls=on; fi
      exec '${bin}/postgres' -D $FOLDER/data -p $PORT -k $FOLDER -h 127.0.0.1 -c fsync=off -c synchronous_commit=off \\
        -c full_page_writes=off -c shared_buffers=${bufferMb}MB -c autovacuum=off \\
        -c ssl=$tls -c ssl_cert_file=$FOLDER/server.crt -c ssl_key_file=$FOLDER/server.key`,
    signal: 'QUIT',
    files: { password: 'throw-away' },
    url: (port) => `postgres://apptop:throw-away@127.0.0.1:${port}/postgres`,
    ready: openPostgres,
  });
}

/**
 * Starts a MariaDB or MySQL from the binaries on this machine; undefined when there are none.
 * @param bufferMb its memory for pages
 */
export async function startMysql(bufferMb: number = BUFFER_MB): Promise<ThrowAway | undefined> {
  const server = findProgram(['mariadbd', 'mysqld']);
  if (server === undefined) return undefined;
  const installer = findProgram(['mariadb-install-db', 'mysql_install_db']);
  const small = `--innodb-buffer-pool-size=${bufferMb}M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0`;
  return await start('mysql', {
    // A tmpdir of its own: a server that starts removes the temporary tables of the others that share one.
    script: `
      ${
        installer === undefined
          ? `'${server}' --no-defaults --initialize-insecure --datadir=$FOLDER/data ${small}`
          : `'${installer}' --no-defaults --datadir=$FOLDER/data --auth-root-authentication-method=normal --skip-test-db ${small}`
      }
      exec '${server}' --no-defaults --datadir=$FOLDER/data --tmpdir=$FOLDER --socket=$FOLDER/mysql.sock --port=$PORT --pid-file=$FOLDER/pid \\
        --bind-address=127.0.0.1 --skip-name-resolve --skip-log-bin --init-file=$FOLDER/init.sql \\
        --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci ${small}`,
    signal: 'KILL',
    files: {
      'init.sql': `CREATE USER apptop@'%' IDENTIFIED BY 'throw-away';\nGRANT ALL ON *.* TO apptop@'%' WITH GRANT OPTION;\n`,
    },
    url: (port) => `mysql://apptop:throw-away@127.0.0.1:${port}/mysql`,
    ready: openMysql,
  });
}

/**
 * The server lives under a shell in a process group of its own that waits for the end of its standard input: when this
 * process ends, however it ends (Ctrl-C and SIGKILL too), the pipe closes, and the shell ends the server and removes
 * the folder.
 */
async function start(name: string, recipe: Recipe): Promise<ThrowAway> {
  const folder = mkdtempSync(join(tmpdir(), `apptop-${name}-`));
  for (const [file, content] of Object.entries(recipe.files)) writeFileSync(join(folder, file), content);
  const unprivileged = process.getuid?.() === 0 ? nobody() : undefined;
  if (unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
  const port = await freePort();
  const supervisor = `
    ( set -e; ${recipe.script} ) >$FOLDER/log 2>&1 &
    cat >/dev/null
    kill -${recipe.signal} $!
    wait
    rm -rf $FOLDER`;
  const shell = spawn('/bin/sh', ['-c', supervisor], {
    ...unprivileged,
    cwd: folder,
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, LC_ALL: 'C', FOLDER: folder, PORT: String(port) },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  const stop = async () => {
    shell.stdin.end();
    await ended;
  };
  const url = recipe.url(port);
  try {
    const connection = await poll(() => recipe.ready(url), { deadlineMs: 30_000, what: `the throw-away ${name}` });
    await connection.close();
    return { url, stop };
  } catch (error) {
    const log = readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(-15).join('\n');
    await stop();
    throw new Error(`${name} did not start:\n${log}`, { cause: error });
  }
}
