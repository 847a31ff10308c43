import { sql } from 'kysely';
import { named } from '../state/tables.ts';
import type { WritingEngine } from '../writing.ts';
import { addBackupColumn, dropColumn } from './backup-column.ts';
import { dialect } from './dialect.ts';
import { load } from './load.ts';
import { backUp, changeRows } from './row-changes.ts';
import { schema } from './schema-words.ts';
import { scratch } from './scratch.ts';
import { sideEffects } from './side-effects.ts';
import { open } from './writing-session.ts';

export const writing: WritingEngine = {
  open,
  stateTypes: {
    key: ({ type }) => type,
    bytes: 'text COLLATE "C"',
    longText: 'text',
    options: '',
  },
  changeRows,
  backUp,
  addBackupColumn,
  dropColumn,
  schema,
  scratch,
  changesFeedInserts: true,
  load,
  sideEffects,
  // Nobody waits for the rows of a batch for longer than that, and half of the processor's time is left to others.
  manners: { batchMs: 10, restShare: 1, locksAll: false },
  touchedColumn: () => undefined,
  // Of a table that another account made the server says a warning and leaves it.
  async analyze(session, tables) {
    for (const table of tables) await session.execute(dialect.compile(sql`ANALYZE ${named(table)}`));
  },
};
