import type { Connection, Rights, TableName } from '../connection.ts';

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 5_000;

/** Rights on columns count. */
const QUERY = `SELECT current_setting('transaction_read_only') AS read_only,
    (SELECT string_agg(word, ',') FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS word
      WHERE CASE WHEN word IN ('INSERT', 'UPDATE') THEN has_any_column_privilege(t.oid, word)
        ELSE has_table_privilege(t.oid, word) END) AS writes
  FROM to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text)) AS t(oid)`;

export async function rights(connection: Connection, { schema, name }: TableName): Promise<Rights> {
  const [row] = await connection.query({ sql: QUERY, parameters: [schema ?? null, name] }, TIMEOUT_MS);
  return { readOnly: row?.['read_only'] === 'on', writes: row?.['writes']?.split(',') ?? [] };
}
