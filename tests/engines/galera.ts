import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../support.ts';
import { openMysql } from './mysql.ts';
import { findProgram, freePort, nobody } from './programs.ts';

/** Where Debian's and other distributions' packages put Galera. */
const PROVIDERS = [
  '/usr/lib/galera/libgalera_smm.so',
  '/usr/lib64/galera/libgalera_smm.so',
  '/usr/lib/libgalera_smm.so',
];

const INSTALLED = ['--auth-root-authentication-method=normal', '--skip-test-db', '--innodb-log-file-size=16M'];

/** Milliseconds for a node to join: it copies the first one's files. */
const JOIN_MS = 60_000;

/** A node of a throw-away cluster. */
interface Node {
  readonly port: number;
  /** Ends it at once, as a power cut does. */
  kill(): void;
}

interface Cluster {
  readonly nodes: readonly [Node, Node, Node];
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** What a node needs that this machine lacks; undefined when all is there. */
export function lackingForGalera(): string | undefined {
  if (!PROVIDERS.some(existsSync)) return 'galera-4';
  if (findProgram(['mariadbd']) === undefined) return 'mariadb-server';
  return findProgram(['rsync']) === undefined ? 'rsync' : undefined;
}

/** A server's settings for the place that it has in the cluster. */
async function placeIn(): Promise<{ readonly sql: number; readonly group: number; readonly settings: string }> {
  const [sql, group, state, increments] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const listens = `gmcast.listen_addr=tcp://127.0.0.1:${group};ist.recv_addr=127.0.0.1:${increments}`;
  const settings = `--port=${sql} --wsrep-node-name=node${sql} --wsrep-sst-receive-address=127.0.0.1:${state} \\
    '--wsrep-provider-options=base_host=127.0.0.1;base_port=${group};${listens};gcache.size=16M'`;
  return { sql, group, settings };
}

/**
 * A cluster of three nodes on loopback. Each node lives under a shell in a process group of its own that reads its
 * standard input: a line ends the node, and when this process ends, however it ends, the pipe closes and so does the node.
 */
export async function startGalera(): Promise<Cluster> {
  const [server, installer] = [findProgram(['mariadbd']), findProgram(['mariadb-install-db'])];
  const provider = PROVIDERS.find(existsSync);
  if (server === undefined || installer === undefined || provider === undefined) throw new Error(lackingForGalera());
  const unprivileged = process.getuid?.() === 0 ? nobody() : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'apptop-galera-'));
  if (unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
  const blank = join(folder, 'blank');
  execFileSync(installer, ['--no-defaults', `--datadir=${join(blank, 'data')}`, `--tmpdir=${folder}`, ...INSTALLED], {
    ...unprivileged,
    stdio: 'ignore',
  });
  const places = [await placeIn(), await placeIn(), await placeIn()];
  const everybody = places.map(({ group }) => `127.0.0.1:${group}`).join(',');
  const ends: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(ends.map((end) => end()));
    rmSync(folder, { recursive: true, force: true });
  };
  const start = async ({ sql, settings }: (typeof places)[number], others: string): Promise<Node> => {
    const home = join(folder, String(sql));
    execFileSync('cp', ['-a', blank, home]);
    const supervisor = `
      ( exec '${server}' --no-defaults --datadir=$HOME/data --tmpdir=$HOME --socket=$HOME/s --pid-file=$HOME/pid \\
          --bind-address=127.0.0.1 --skip-name-resolve --binlog-format=ROW --default-storage-engine=InnoDB \\
          --innodb-autoinc-lock-mode=2 --innodb-buffer-pool-size=64M --innodb-log-file-size=16M \\
          --innodb-flush-log-at-trx-commit=0 --wsrep-on=ON '--wsrep-provider=${provider}' --wsrep-cluster-name=apptop \\
          --wsrep-cluster-address=gcomm://${others} --wsrep-node-address=127.0.0.1 --wsrep-sst-method=rsync \\
          ${settings} ) >$HOME/log 2>&1 &
      read -r word
      kill -KILL $!
      wait
      cat >/dev/null
      rm -rf $HOME ${blank}; rmdir ${folder}`;
    const shell = spawn('/bin/sh', ['-c', supervisor], {
      ...unprivileged,
      cwd: home,
      env: { PATH: `${process.env['PATH']}:/usr/sbin`, LC_ALL: 'C', HOME: home },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
    ends.push(() => {
      shell.stdin.end();
      return ended;
    });
    const joined = async () => {
      const session = await openMysql(urlOf(sql, 'mysql'));
      const [status] = await session.execute("SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'");
      await session.close();
      return status?.['Value'] === 'Synced';
    };
    await poll(joined, { deadlineMs: JOIN_MS, what: 'a node of the cluster' }).catch((cause: unknown) => {
      const log = readFileSync(join(home, 'log'), 'utf8').split('\n').slice(-15).join('\n');
      throw new Error(`a node of a cluster did not start:\n${log}`, { cause });
    });
    return { port: sql, kill: () => void shell.stdin.write('kill\n') };
  };
  const [first, second, third] = places;
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are no three places');
  try {
    const donor = await start(first, '');
    const [next, last] = await Promise.all([start(second, everybody), start(third, everybody)]);
    return { nodes: [donor, next, last], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address of a database on a node. */
export const urlOf = (port: number, database: string): string => `mysql://root@127.0.0.1:${port}/${database}`;
