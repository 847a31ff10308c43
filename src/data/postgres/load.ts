import type { Connection } from '../connection.ts';
import type { Load } from '../writing.ts';

/** Milliseconds; answered from the server's memory. */
const TIMEOUT_MS = 5_000;

/**
 * Of sessions of other accounts an account without pg_read_all_stats sees that they are there, and of replicas not even
 * their state: then nothing is known. A replica that has caught up has no lag.
 */
const QUERY = `SELECT
    (SELECT CASE WHEN bool_or(query = '<insufficient privilege>') THEN NULL ELSE count(*) FILTER (WHERE state = 'active') END
      FROM pg_stat_activity
      WHERE datname = current_database() AND coalesce(backend_type, 'client backend') = 'client backend'
        AND pid <> pg_backend_pid()) AS running,
    (SELECT CASE WHEN count(*) = count(state)
        THEN max(coalesce(date_part('epoch', replay_lag), 0)) FILTER (WHERE state IN ('streaming', 'catchup')) END
      FROM pg_stat_replication) AS lag`;

const numberOf = (value: string | null | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

export async function load(connection: Connection): Promise<Load> {
  const [row] = await connection.query({ sql: QUERY, parameters: [] }, TIMEOUT_MS);
  return { runningThreads: numberOf(row?.['running']), replicaLagSeconds: numberOf(row?.['lag']) };
}
