import type { Row, Statement } from '../data/connection.ts';
import { cut } from '../model/cut.ts';

/** What a result stands on: violating rows and what was sent to find them, cut to what is kept of them. */
export interface Evidence {
  readonly sample: readonly Row[];
  readonly statements: readonly Statement[];
}

/** Characters of a value: fewer where the rows have no room otherwise. */
const VALUE_CHARACTERS = [200, 80, 20] as const;
/** Bytes of the rows. Twenty of a SELECT of every column take some 32 kB, those of the catalogue up to 6 kB. */
const ROWS_BYTES = 64_000;
/** Bytes of the statements. Those of the longest check in the catalogue take 28 kB, its longest one 13,400 characters. */
const STATEMENTS_BYTES = 64_000;
const SQL_CHARACTERS = 20_000;
const PARAMETER_CHARACTERS = 200;
/** Parameters of a statement. */
const PARAMETERS = 50;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Those of some items that have room together, the first ones first. */
function fitting<Item>(items: readonly Item[], bytes: number): readonly Item[] {
  let left = bytes;
  return items.filter((item) => {
    const size = bytesOf(item);
    if (size > left) return false;
    left -= size;
    return true;
  });
}

/** A key stays whole: a part of it would lead to another row, or to none. */
const cutRow = (row: Row, characters: number): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name === 'pk' || value === null ? value : cut(value, characters),
    ]),
  );

function boundedRows(sample: readonly Row[]): readonly Row[] {
  let fitted: readonly Row[] = [];
  for (const characters of VALUE_CHARACTERS) {
    fitted = fitting(
      sample.map((row) => cutRow(row, characters)),
      ROWS_BYTES,
    );
    if (fitted.length === sample.length) return fitted;
  }
  return fitted;
}

/** A parameter as JSON can hold it. */
function boundedParameter(parameter: unknown): unknown {
  if (parameter === null || typeof parameter === 'number' || typeof parameter === 'boolean') return parameter;
  return cut(String(parameter), PARAMETER_CHARACTERS);
}

function boundedStatement({ sql, parameters }: Statement): Statement {
  const more = parameters.length - PARAMETERS;
  return {
    sql: cut(sql, SQL_CHARACTERS),
    parameters: [...parameters.slice(0, PARAMETERS).map(boundedParameter), ...(more > 0 ? [`… and ${more} more`] : [])],
  };
}

function boundedStatements(statements: readonly Statement[]): readonly Statement[] {
  const fitted = fitting(statements.map(boundedStatement), STATEMENTS_BYTES);
  const more = statements.length - fitted.length;
  return more === 0 ? fitted : [...fitted, { sql: `-- … and ${more} more that are not kept`, parameters: [] }];
}

/** What is kept of a result's rows and statements: at most some 128 kB, whatever is in them. */
export const boundedEvidence = ({ sample, statements }: Evidence): Evidence => ({
  sample: boundedRows(sample),
  statements: boundedStatements(statements),
});
