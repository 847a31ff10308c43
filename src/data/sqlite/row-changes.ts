import { Problem } from '../../model/problem.ts';
import type { Column } from '../connection.ts';
import type { IdColumns, RowChange, WritingEngine, WritingSession } from '../writing.ts';
import { keeping } from './affinity.ts';
import type { Form } from './protocol.ts';
import { backUpForm, formOf, NAMES } from './row-forms.ts';
import type { EachStatement } from './writing-session.ts';

const each = (forms: readonly Form[], cells: readonly (number | string)[]): EachStatement => ({
  sql: forms.map(({ update }) => update.sql).join(';\n'),
  parameters: [],
  forms,
  cells,
});

/** Two for each of `NAMES`, as it was and as it is to be. */
const TEXTS = 2 * NAMES.length;

/**
 * Rows that are alike in which values are NULL and which are the same share statements, and each text is sent once. This
 * runs for every row: loops over arrays take a third of what `map` and keys of text do, and save 8 % of a batch.
 */
class Patterns {
  readonly forms: Form[] = [];
  readonly cells: (number | string)[] = [];
  readonly #known = new Map<number, number>();
  readonly #formOf: (places: readonly number[], width: number) => Form;

  constructor(formOf: (places: readonly number[], width: number) => Form) {
    this.#formOf = formOf;
  }

  add({ pk, from, to }: RowChange): void {
    const values = [pk];
    const places: number[] = [];
    let key = 0;
    for (const text of [from.v1, from.v2, from.backup, to.v1, to.v2, to.backup]) {
      const known = text === null ? 0 : values.indexOf(text, 1);
      const place = text !== null && known === -1 ? values.push(text) - 1 : known;
      places.push(place);
      key = key * (TEXTS + 1) + place;
    }
    let form = this.#known.get(key);
    if (form === undefined) {
      form = this.forms.push(this.#formOf(places, values.length)) - 1;
      this.#known.set(key, form);
    }
    this.cells.push(form, ...values);
  }
}

/** One UPDATE a row, prepared once for all rows alike and run in the process that holds the file. */
export const changeRows: WritingEngine['changeRows'] = (columns, ledger, rows) => {
  const unfit = unfitting(columns);
  const patterns = new Patterns((places, width) => formOf(columns, ledger, places, width));
  for (const row of rows) patterns.add(row);
  const statement = each(patterns.forms, patterns.cells);
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
