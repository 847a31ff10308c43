/** A column that SQL writes, and where its name stands in the text. */
export interface SqlWrite {
  readonly column: string;
  readonly at: number;
}

const NAME = String.raw`[\`"[]?([\w$]{1,128})[\`"\]]?`;
const TABLE = String.raw`(?:${NAME}\s{0,9}\.\s{0,9})?${NAME}`;
const INSERT = new RegExp(
  String.raw`\b(?:INSERT|REPLACE)\s{1,99}(?:IGNORE\s{1,99})?INTO\s{1,99}${TABLE}\s{0,99}\(`,
  'gi',
);
const UPDATE = new RegExp(
  String.raw`\bUPDATE\s{1,99}(?:ONLY\s{1,99})?${TABLE}(?:\s{1,99}(?:AS\s{1,99})?[\w$]{1,128})?\s{1,99}SET\b`,
  'gi',
);
const COLUMN = new RegExp(String.raw`^\s*(?:[\w$]+\.)?${NAME}\s*$`);
/** Where the columns end that a statement names, at the latest. */
const END = /^(?:WHERE|FROM|RETURNING|ORDER|LIMIT|VALUES|SELECT|INSERT|REPLACE|UPDATE)\b/i;

/** SQL with comments, and the content of its texts, blanked: every character stays where it is. */
const bare = (sql: string): string =>
  sql.replace(/--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'/g, (found) => found.replace(/[^\n]/g, ' '));

/** The parts between commas outside brackets, from an offset to the bracket that closes or to a word that ends them. */
function parts(sql: string, from: number): readonly { text: string; at: number }[] {
  const found: { text: string; at: number }[] = [];
  let [depth, start, at] = [0, from, from];
  for (; at < sql.length; at += 1) {
    const character = sql[at];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    // A quoted name may be such a word.
    const unquoted = /[\s(]/.test(sql[at - 1] ?? '');
    if (depth < 0 || character === ';' || (unquoted && END.test(sql.slice(at, at + 10)))) break;
    if (character !== ',' || depth > 0) continue;
    found.push({ text: sql.slice(start, at), at: start });
    start = at + 1;
  }
  return [...found, { text: sql.slice(start, at), at: start }];
}

/** The columns of a table that the INSERT and UPDATE statements in a text name. */
export function sqlWrites(text: string, table: string): readonly SqlWrite[] {
  if (!/\b(?:INTO|UPDATE)\b/i.test(text)) return [];
  const sql = bare(text);
  const written: SqlWrite[] = [];
  const take = (name: string, at: number) => {
    const column = COLUMN.exec(name)?.[1];
    if (column !== undefined) written.push({ column, at: at + name.indexOf(column) });
  };
  const wanted = table.toLowerCase();
  for (const match of sql.matchAll(INSERT)) {
    if (match[2]?.toLowerCase() !== wanted) continue;
    for (const { text: name, at } of parts(sql, match.index + match[0].length)) take(name, at);
  }
  for (const match of sql.matchAll(UPDATE)) {
    if (match[2]?.toLowerCase() !== wanted) continue;
    for (const { text: assignment, at } of parts(sql, match.index + match[0].length)) {
      const sign = assignment.indexOf('=');
      if (sign !== -1) take(assignment.slice(0, sign), at);
    }
  }
  return written;
}
