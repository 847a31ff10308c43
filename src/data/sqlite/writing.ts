import type { StateTypes, WritingEngine } from '../writing.ts';
import { addBackupColumn, dropColumn } from './backup-column.ts';
import { fileOf } from './connect.ts';
import { load } from './load.ts';
import { onlineBackup } from './online-backup.ts';
import { backUp, changeRows } from './row-changes.ts';
import { schema } from './schema-words.ts';
import { scratch } from './scratch.ts';
import { sideEffects } from './side-effects.ts';
import { openSession } from './writing-session.ts';

const stateTypes: StateTypes = {
  key: ({ kind }) => (kind === 'integer' ? 'integer' : 'text'),
  // Neither makes a number of a text, and texts compare as bytes.
  bytes: 'text',
  longText: 'text',
  // The primary key is the table: half the writes of a table with an index on it.
  options: ' WITHOUT ROWID',
};

export const writing: WritingEngine = {
  open: openSession,
  stateTypes,
  changeRows,
  backUp,
  addBackupColumn,
  dropColumn,
  schema,
  scratch,
  changesFeedInserts: false,
  load,
  sideEffects,
  // Whoever waits asks again at intervals and wins only when nobody holds the lock at that moment.
  restShare: 1,
  touchedColumn: () => undefined,
  onlineBackup: (target, file, signal) => onlineBackup(fileOf(target), file, signal),
};
