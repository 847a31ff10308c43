import type { Connection, Rights, Row, TableName } from '../connection.ts';

/** Milliseconds; both are answered from memory. */
const TIMEOUT_MS = 5_000;

const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'ALTER', 'DROP'];

const ask = (connection: Connection, sql: string): Promise<readonly Row[]> =>
  connection.query({ sql, parameters: [] }, TIMEOUT_MS);

/**
 * What the account may do to a table, in the server's words. Rights that come from a role count where the server names
 * them with the account's own, as MariaDB does.
 */
export async function granted(connection: Connection, table: TableName): Promise<readonly string[]> {
  const schema = table.schema ?? connection.server.database;
  const grants = (await ask(connection, 'SHOW GRANTS')).flatMap((row) => Object.values(row));
  return grants.flatMap((grant) => grantedOn(grant ?? '', schema, table.name));
}

export async function rights(connection: Connection, table: TableName): Promise<Rights> {
  // MariaDB calls it tx_read_only up to 11.0, MySQL 8 has only the other name.
  const [session] = await ask(
    connection,
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_read_only', 'tx_read_only')",
  );
  const given = await granted(connection, table);
  const may = (right: string) => given.includes(right) || given.includes('ALL PRIVILEGES');
  const grant = (right: string) => `GRANT ${right} ON ${table.schema ?? connection.server.database}.* TO this account`;
  return {
    readOnly: session?.['Value'] === 'ON',
    writes: WRITES.filter(may),
    reads: may('SELECT'),
    alters: { may: may('ALTER'), grant: grant('ALTER') },
    creates: { may: may('CREATE'), grant: grant('CREATE') },
    // A role is granted, and MySQL does not say here what it gives.
    complete: !(await ask(connection, 'SHOW GRANTS')).some((row) =>
      Object.values(row).some((line) => !/ ON /.test(line ?? '')),
    ),
  };
}

const GRANT = /^GRANT (.+?) ON (?:TABLE )?(?:\*|`((?:[^`]|``)+)`)\.(?:\*|`((?:[^`]|``)+)`) TO /;

/** What a line of SHOW GRANTS gives on a table; nothing when it is about another one. Rights on columns count. */
function grantedOn(grant: string, schema: string, table: string): readonly string[] {
  const [, given, onSchema, onTable] = GRANT.exec(grant) ?? [];
  if (given === undefined) return [];
  const fits = (onSchema === undefined || like(onSchema, schema)) && (onTable === undefined || onTable === table);
  return fits ? given.replaceAll(/\s*\([^)]*\)/g, '').split(', ') : [];
}

/** A database in a grant is a pattern of LIKE: `my\_shop`, `tenant_%`. */
function like(pattern: string, name: string): boolean {
  const parts = pattern.replaceAll('``', '`').match(/\\.|[^]/g) ?? [];
  const expression = parts.map((part) => {
    if (part === '%') return '.*';
    return part === '_' ? '.' : part.replace(/^\\/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${expression.join('')}$`, 's').test(name);
}
