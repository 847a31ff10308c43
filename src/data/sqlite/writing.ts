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
  // Whoever waits asks again after 1, 2, 5, 10 ms and wins only when nobody holds the lock at that moment. Of writes beside a
  // move nine in ten take 3.3 ms at most and 95 in 100 4.0; with 5 ms and twice that 5.3 and 8.9, with batches of up to 5,000
  // rows and a rest as long as these 18.8 and 19.6. That looks at 17,000 rows a second in place of 60,000 and 130,000.
  manners: { batchMs: 3, restShare: 4, locksAll: true },
  touchedColumn: () => undefined,
  onlineBackup: (target, file, signal) => onlineBackup(fileOf(target), file, signal),
};
