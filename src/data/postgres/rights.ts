import type { Connection, Rights, TableName } from '../connection.ts';

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 5_000;

const QUERY = `SELECT current_setting('transaction_read_only') AS read_only,
  (SELECT string_agg(right_name, ',') FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_name
    WHERE has_table_privilege(to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text)), right_name)) AS writes`;

export async function rights(connection: Connection, { schema, name }: TableName): Promise<Rights> {
  const [row] = await connection.query({ sql: QUERY, parameters: [schema ?? null, name] }, TIMEOUT_MS);
  return { readOnly: row?.['read_only'] === 'on', writes: row?.['writes']?.split(',') ?? [] };
}
