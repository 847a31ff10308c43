import pg from 'pg';
import type { Row } from '../../src/data/connection.ts';
import type { Writer } from './writer.ts';

/** A writing session in UTC. */
export async function openPostgres(url: string): Promise<Writer> {
  const client = new pg.Client({
    connectionString: url,
    options: '-c TimeZone=UTC',
    types: { getTypeParser: () => (text: string) => text },
  });
  // A session that a test severs ends here too; its next statement says so.
  client.on('error', () => undefined);
  await client.connect();
  return {
    execute: async (sql, parameters = []) => {
      let count = 0;
      const numbered = parameters.length === 0 ? sql : sql.replaceAll('?', () => `$${++count}`);
      const { rows } = await client.query<Row>(numbered, [...parameters]);
      return rows;
    },
    close: () => client.end(),
  };
}
