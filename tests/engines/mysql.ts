import { createConnection } from 'mysql2/promise';
import type { Row } from '../../src/data/connection.ts';
import type { Writer } from './writer.ts';

/** A writing session in UTC. Parameters go into the statement in the client, so that every statement can have them. */
export async function openMysql(url: string): Promise<Writer> {
  const connection = await createConnection({
    uri: url,
    timezone: 'Z',
    charset: 'utf8mb4',
    typeCast: (field) => field.string(),
  });
  await connection.query("SET time_zone = '+00:00'");
  return {
    execute: async (sql, parameters = []) => {
      const [rows] = await connection.query<Array<Row & { constructor: { name: 'RowDataPacket' } }>>(sql, [
        ...parameters,
      ]);
      return Array.isArray(rows) ? rows : [];
    },
    close: () => connection.end(),
  };
}
