import { sql } from 'kysely';
import { named } from '../state/tables.ts';
import type { WritingEngine } from '../writing.ts';
import { dialect } from './dialect.ts';

/** 2 ms once it has the table; whoever wants the table waits behind this for no longer than the session's lock wait. */
export const addBackupColumn: WritingEngine['addBackupColumn'] = async (session, table, { type }, name) => {
  const added = sql`ALTER TABLE ${named(table)} ADD COLUMN ${sql.id(name)} ${sql.raw(type)}`;
  await session.execute(dialect.compile(added));
};

/** 1 ms: no row is touched, so it never takes a copy. */
export const dropColumn: WritingEngine['dropColumn'] = async (session, table, name) => {
  await session.execute(dialect.compile(sql`ALTER TABLE ${named(table)} DROP COLUMN ${sql.id(name)}`));
};
