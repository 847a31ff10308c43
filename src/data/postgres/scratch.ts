import { sql } from 'kysely';
import { MARK, ownerOf, type Scratch, type ScratchPlaces, scratchName } from '../scratch.ts';
import { Speaker } from '../state/speaker.ts';
import type { WritingSession } from '../writing.ts';
import { dialect } from './dialect.ts';

const speaker = (session: WritingSession): Speaker => new Speaker(session, dialect);

/** Schemas of the same database; each is there with its mark or not at all. */
export const scratch: ScratchPlaces = {
  async make(session, target) {
    const [own] = await speaker(session).query(sql`SELECT pg_backend_pid() AS pid`);
    const name = scratchName(own?.['pid'] ?? '');
    await session.transaction(async () => {
      await speaker(session).execute(sql`CREATE SCHEMA ${sql.id(name)}`);
      await speaker(session).execute(
        sql`CREATE TABLE ${sql.id(name, MARK)} (made_at timestamptz NOT NULL DEFAULT now())`,
      );
    });
    return { name, target, schema: name };
  },

  async abandoned(session, target) {
    const rows = await speaker(
      session,
    ).query(sql`SELECT n.nspname AS name FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid
        WHERE c.relname = ${MARK} AND starts_with(n.nspname, ${MARK})`);
    const alive = new Set(
      (await speaker(session).query(sql`SELECT pid FROM pg_stat_activity`)).map((row) => row['pid']),
    );
    return rows.flatMap(({ name }): Scratch[] => {
      const owner = ownerOf(name ?? '');
      return owner === undefined || alive.has(owner) ? [] : [{ name: name ?? '', target, schema: name ?? '' }];
    });
  },

  async drop(session, { name }) {
    if (ownerOf(name) === undefined) throw new Error(`${name} is no scratch schema`);
    await speaker(session).execute(sql`DROP SCHEMA IF EXISTS ${sql.id(name)} CASCADE`);
  },
};
