import type { Cluster, Connection } from '../connection.ts';

/** Milliseconds; answered from memory. */
const TIMEOUT_MS = 5_000;

/** What a node of a Galera cluster says of it; undefined where the server is none. */
export async function cluster(connection: Connection): Promise<Cluster | undefined> {
  const rows = await connection.query(
    {
      sql: `SHOW GLOBAL STATUS WHERE Variable_name IN
        ('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_provider_name')`,
      parameters: [],
    },
    TIMEOUT_MS,
  );
  const said = new Map(rows.map((row) => [row['Variable_name'], row['Value'] ?? '']));
  const size = Number(said.get('wsrep_cluster_size') ?? 0);
  if (said.get('wsrep_provider_name') !== 'Galera') return undefined;
  const [status, state] = [said.get('wsrep_cluster_status') ?? '', said.get('wsrep_local_state_comment') ?? ''];
  return { name: 'Galera', size, whole: status === 'Primary', state, ready: state === 'Synced' };
}
