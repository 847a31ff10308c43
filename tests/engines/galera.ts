import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../support.ts';
import { openMysql } from './mysql.ts';
import { findProgram, freePort } from './programs.ts';

/** Where Debian's and other distributions' packages put Galera. */
const PROVIDERS = ['/usr/lib/galera/libgalera_smm.so', '/usr/lib64/galera/libgalera_smm.so'];

/** Milliseconds for a node to join: it copies the first one's files. */
const JOIN_MS = 60_000;

/** A node of a throw-away cluster. */
export interface Node {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Ends it at once, as a power cut does. */
  kill(): void;
}

/** What a node needs that this machine lacks; undefined when all is there. */
export function lackingForGalera(): string | undefined {
  if (!PROVIDERS.some(existsSync)) return 'galera-4';
  if (findProgram(['mariadbd']) === undefined) return 'mariadb-server';
  return findProgram(['rsync']) === undefined ? 'rsync' : undefined;
}

interface Ports {
  readonly sql: number;
  readonly group: number;
  readonly state: number;
  readonly increments: number;
}

/** A cluster of three nodes on loopback, and how to end it. */
export async function startGalera(): Promise<{ readonly nodes: readonly Node[]; stop(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-galera-'));
  const [server, installer] = [findProgram(['mariadbd']), findProgram(['mariadb-install-db'])];
  const provider = PROVIDERS.find(existsSync);
  if (server === undefined || installer === undefined || provider === undefined) throw new Error(lackingForGalera());
  const asRoot = process.getuid?.() === 0;
  const mysqlId = asRoot ? Number(execFileSync('id', ['-u', 'mysql'], { encoding: 'utf8' })) : undefined;
  const processes: ChildProcess[] = [];
  const ports: Ports[] = [];
  for (let node = 0; node < 3; node += 1) {
    const [sql, group, state, increments] = [await freePort(), await freePort(), await freePort(), await freePort()];
    ports.push({ sql, group, state, increments });
  }
  const everybody = ports.map(({ group }) => `127.0.0.1:${group}`).join(',');
  if (mysqlId !== undefined) chownSync(folder, mysqlId, mysqlId);
  const stop = () => {
    for (const node of processes) node.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', stop);
  const start = async ({ sql, group, state, increments }: Ports, address: string): Promise<Node> => {
    const home = join(folder, String(sql));
    mkdirSync(home);
    if (mysqlId !== undefined) chownSync(home, mysqlId, mysqlId);
    const data = join(home, 'data');
    const user = asRoot ? ['--user=mysql'] : [];
    execFileSync(installer, [
      ...user,
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
    ]);
    const running = spawn(
      server,
      [
        '--no-defaults',
        ...user,
        `--datadir=${data}`,
        `--tmpdir=${home}`,
        `--socket=${home}/s`,
        `--port=${sql}`,
        `--pid-file=${home}/pid`,
        '--bind-address=127.0.0.1',
        '--binlog-format=ROW',
        '--default-storage-engine=InnoDB',
        '--innodb-autoinc-lock-mode=2',
        '--innodb-buffer-pool-size=64M',
        '--innodb-flush-log-at-trx-commit=0',
        '--wsrep-on=ON',
        `--wsrep-provider=${provider}`,
        '--wsrep-cluster-name=apptop',
        `--wsrep-cluster-address=gcomm://${address}`,
        `--wsrep-node-name=node${sql}`,
        '--wsrep-node-address=127.0.0.1',
        '--wsrep-sst-method=rsync',
        `--wsrep-sst-receive-address=127.0.0.1:${state}`,
        `--wsrep-provider-options=base_host=127.0.0.1;base_port=${group};gmcast.listen_addr=tcp://127.0.0.1:${group};ist.recv_addr=127.0.0.1:${increments};gcache.size=16M`,
      ],
      { stdio: 'ignore' },
    );
    processes.push(running);
    await poll(
      async () => {
        const session = await openMysql(urlOf(sql, 'mysql'));
        const [status] = await session.execute("SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'");
        await session.close();
        if (status?.['Value'] !== 'Synced') throw new Error(`a node is ${status?.['Value']}`);
        return true;
      },
      { deadlineMs: JOIN_MS, what: 'a node of the cluster' },
    );
    return { host: '127.0.0.1', port: sql, kill: () => running.kill('SIGKILL') };
  };
  try {
    const nodes: Node[] = [];
    for (const each of ports) nodes.push(await start(each, nodes.length === 0 ? '' : everybody));
    return { nodes, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** The address of a database on a node. */
export const urlOf = (port: number, database: string): string => `mysql://root@127.0.0.1:${port}/${database}`;
