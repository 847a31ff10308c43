import type { Column } from '../connection.ts';

/** Columns that the server sets to the time of each update, in the table's order. */
export const touchedColumns = (columns: readonly Column[]): readonly Column[] =>
  columns.filter(
    (column) => column.kind === 'timestamp' && /\bon update current_timestamp/i.test(column.default ?? ''),
  );
