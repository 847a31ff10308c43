import type { Connection, Rights, TableName } from '../connection.ts';

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 5_000;

/** Rights on columns count. */
const QUERY = `SELECT current_setting('transaction_read_only') AS read_only,
    (SELECT string_agg(word, ',') FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS word
      WHERE CASE WHEN word IN ('INSERT', 'UPDATE') THEN has_any_column_privilege(t.oid, word)
        ELSE has_table_privilege(t.oid, word) END) AS writes,
    has_table_privilege(t.oid, 'SELECT') AS reads, pg_has_role(c.relowner, 'USAGE') AS owns,
    quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_ident(current_user) AS me,
    has_schema_privilege(c.relnamespace, 'CREATE') AS creates, c.relnamespace::regnamespace::text AS schema
  FROM to_regclass(coalesce(quote_ident($1::text) || '.', '') || quote_ident($2::text)) AS t(oid)
    LEFT JOIN pg_class AS c ON c.oid = t.oid`;

export async function rights(connection: Connection, { schema, name }: TableName): Promise<Rights> {
  const [row] = await connection.query({ sql: QUERY, parameters: [schema ?? null, name] }, TIMEOUT_MS);
  const is = (name: string): boolean => row?.[name] === 't';
  return {
    readOnly: row?.['read_only'] === 'on',
    writes: row?.['writes']?.split(',') ?? [],
    reads: is('reads'),
    alters: { may: is('owns'), grant: `GRANT ${row?.['owner']} TO ${row?.['me']}, as only owners alter a table` },
    creates: { may: is('creates'), grant: `GRANT CREATE ON SCHEMA ${row?.['schema']} TO ${row?.['me']}` },
    complete: true,
  };
}
