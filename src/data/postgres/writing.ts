import type { WritingEngine } from '../writing.ts';
import { addBackupColumn, dropColumn } from './backup-column.ts';
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
  restShare: 0,
  touchedColumn: () => undefined,
};
