import type { Column } from '../connection.ts';
import type { WritingEngine } from '../writing.ts';
import { addBackupColumn, copyNeeded, dropColumn } from './backup-column.ts';
import { load } from './load.ts';
import { backUp, changeRows } from './row-changes.ts';
import { schema } from './schema-words.ts';
import { scratch } from './scratch.ts';
import { sideEffects } from './side-effects.ts';
import { touchedColumns } from './touched.ts';
import { open } from './writing-session.ts';

export const writing: WritingEngine = {
  open,
  stateTypes: {
    // With the collation of the original: comparing both, the server uses either's index.
    key: ({ type, collation }: Column) => (collation === undefined ? type : `${type} COLLATE ${collation}`),
    bytes: 'varbinary(1020)',
    longText: 'longtext',
    // By its default the server may still write short rows in the old format, or another engine without transactions.
    options: ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
  },
  changeRows,
  backUp,
  addBackupColumn,
  copyNeeded,
  dropColumn,
  schema,
  scratch,
  changesFeedInserts: false,
  load,
  sideEffects,
  // Nobody waits for the rows of a batch for longer than that, and half of the processor's time is left to others.
  manners: { batchMs: 10, restShare: 1, locksAll: false },
  touchedColumn: (columns) => touchedColumns(columns)[0],
};
