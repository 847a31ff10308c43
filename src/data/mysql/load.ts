import { Problem } from '../../model/problem.ts';
import type { Connection, Row } from '../connection.ts';
import type { Load } from '../writing.ts';
import { flavourOf } from './flavour.ts';

/** Milliseconds; both are answered from memory. */
const TIMEOUT_MS = 5_000;

async function ask(connection: Connection, sql: string): Promise<readonly Row[]> {
  try {
    return await connection.query({ sql, parameters: [] }, TIMEOUT_MS);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'refused') return [];
    throw error;
  }
}

/** How far the server is behind those that it follows; a stopped replication tells no number. */
async function behind(connection: Connection): Promise<number | undefined> {
  const { showReplicas } = flavourOf(`${connection.server.version}-${connection.server.product}`);
  const sources = await ask(connection, showReplicas);
  const seconds = sources.flatMap((source) => source['Seconds_Behind_Source'] ?? source['Seconds_Behind_Master'] ?? []);
  return seconds.length === 0 ? undefined : Math.max(...seconds.map(Number));
}

/** A primary does not know how far its replicas are: only a replica tells, and only of itself. */
export async function load(connection: Connection): Promise<Load> {
  const [running] = await ask(connection, "SHOW GLOBAL STATUS LIKE 'Threads_running'");
  const threads = running?.['Value'];
  return {
    runningThreads: threads ? Math.max(0, Number(threads) - 1) : undefined,
    replicaLagSeconds: connection.server.role === 'replica' ? await behind(connection) : undefined,
  };
}
