import { Problem } from '../../model/problem.ts';
import type { Column } from '../connection.ts';
import { NAMES, Patterns } from '../row-patterns.ts';
import type { IdColumns, RowChange, WritingEngine, WritingSession } from '../writing.ts';
import { keeping } from './affinity.ts';
import type { Form } from './protocol.ts';
import { backUpForm, formOf } from './row-forms.ts';
import type { EachStatement } from './writing-session.ts';

const each = (forms: readonly Form[], cells: readonly (number | string)[]): EachStatement => ({
  sql: forms.map(({ update }) => update.sql).join(';\n'),
  parameters: [],
  forms,
  cells,
});

/** One UPDATE a row, prepared once for all rows alike and run in the process that holds the file. */
export const changeRows: WritingEngine['changeRows'] = (columns, ledger, rows) => {
  const unfit = unfitting(columns);
  const [forms, cells]: [Form[], (number | string)[]] = [[], []];
  const patterns = new Patterns((pattern) => forms.push(formOf(columns, ledger, pattern)) - 1);
  for (const row of rows) {
    const values: string[] = [];
    cells.push(patterns.find(row, values), ...values);
  }
  const statement = each(forms, cells);
  return async (session) => {
    const problem = unfit(rows);
    if (problem !== undefined) throw problem;
    return rows.length === 0 ? 0 : await session.execute(statement);
  };
};

/** Finds where a column would make another value of the text that a row is to get. */
function unfitting(columns: IdColumns): (rows: readonly RowChange[]) => Problem | undefined {
  const checked = NAMES.flatMap((name) => {
    const keeps = keeping(columns[name]);
    return keeps === undefined ? [] : [{ name, keeps }];
  });
  return (rows) => {
    for (const { name, keeps } of checked) {
      for (const { pk, from, to } of rows) {
        const text = to[name];
        if (text !== null && text !== from[name] && !keeps(text)) return unfitFor(columns[name], pk);
      }
    }
    return undefined;
  };
}

const unfitFor = (column: Column, pk: string): Problem =>
  new Problem(
    'sql',
    `column ${column.name} (${column.type}) would make another value of the text that row ${pk} is to get`,
    'change the type of the column, or leave the row',
  );

/** Copies V2 to the backup column where that is empty. */
export async function backUp(session: WritingSession, columns: IdColumns, pks: readonly string[]): Promise<number> {
  const cells = pks.flatMap((pk) => [0, pk]);
  return pks.length === 0 ? 0 : await session.execute(each([backUpForm(columns)], cells));
}
