import { sql } from 'kysely';
import { MARK, ownerOf, type Scratch, type ScratchPlaces, scratchName } from '../scratch.ts';
import { Speaker } from '../state/speaker.ts';
import type { WritingSession } from '../writing.ts';
import { dialect } from './dialect.ts';

const speaker = (session: WritingSession): Speaker => new Speaker(session, dialect);

/** Databases of the same server. A session's number is given once as long as the server runs. */
export const scratch: ScratchPlaces = {
  async make(session, target) {
    const [own] = await speaker(session).query(sql`SELECT CONNECTION_ID() AS id`);
    const name = scratchName(own?.['id'] ?? '');
    await speaker(session).execute(sql`CREATE DATABASE ${sql.id(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await speaker(session).execute(
      sql`CREATE TABLE ${sql.id(name, MARK)} (made_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
    );
    return { name, target, schema: name };
  },

  async abandoned(session, target) {
    // Whoever was killed right after CREATE DATABASE left an empty one.
    const rows = await speaker(
      session,
    ).query(sql`SELECT s.schema_name AS name, COUNT(t.table_name) AS held, COALESCE(SUM(t.table_name = ${MARK}), 0) AS marks
        FROM information_schema.schemata AS s LEFT JOIN information_schema.tables AS t ON t.table_schema = s.schema_name
        WHERE s.schema_name LIKE ${`${MARK.replaceAll('_', '\\_')}%`} GROUP BY s.schema_name`);
    const sessions = await speaker(session).query(sql`SELECT id FROM information_schema.processlist`);
    const alive = new Set(sessions.map((row) => row['id']));
    return rows.flatMap(({ name, held, marks }): Scratch[] => {
      const owner = ownerOf(name ?? '');
      const ours = owner !== undefined && (marks === '1' || held === '0');
      return ours && !alive.has(owner) ? [{ name: name ?? '', target, schema: name ?? '' }] : [];
    });
  },

  async drop(session, { name }) {
    if (ownerOf(name) === undefined) throw new Error(`${name} is no scratch database`);
    await speaker(session).execute(sql`DROP DATABASE IF EXISTS ${sql.id(name)}`);
  },
};
