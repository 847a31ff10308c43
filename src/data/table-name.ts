import type { TableName } from './connection.ts';

/** A table as a config names it: `table` or `schema.table`. */
export function tableNameOf(text: string): TableName {
  const [first = text, second] = text.split('.', 2);
  return second === undefined ? { schema: undefined, name: first } : { schema: first, name: second };
}
