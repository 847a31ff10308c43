/** A column that SQL writes, and where its name stands in the text. */
export interface SqlWrite {
  readonly column: string;
  readonly at: number;
}

const NAME = String.raw`[\w$]{1,128}`;
const quoted = (name: string): string => String.raw`[\`"[]?${name}[\`"\]]?`;
const table = (group: string): string =>
  String.raw`(?:${quoted(NAME)}\s{0,9}\.\s{0,9})?${quoted(`(?<${group}>${NAME})`)}`;
const words = (text: string): string => String.raw`\b${text.replaceAll(' ', String.raw`\s{1,99}`)}\b`;

/** What is followed by columns, and the semicolons between the statements that they belong to. */
const CLAUSE = new RegExp(
  [
    ';',
    String.raw`${words('(?:INSERT|REPLACE|IGNORE) INTO')}(?:\s{1,99}${table('into')}(?:\s{1,99}AS\s{1,99}${quoted(NAME)})?\s{0,99}(?<first>\(|SET\b)?)?`,
    `(?<conflict>${words('ON DUPLICATE KEY UPDATE')}|${words('DO UPDATE SET')})`,
    String.raw`\bUPDATE\s{1,99}(?:ONLY\s{1,99})?${table('updated')}(?:\s{1,99}(?:AS\s{1,99})?${NAME})?\s{1,99}SET\b`,
  ].join('|'),
  'gi',
);
/** Without `$column` and `$1`: nobody knows what these are. */
const COLUMN = new RegExp(String.raw`^\s*(?:${quoted(NAME)}\.)?${quoted(String.raw`(\w[\w$]{0,127})`)}\s*$`);
/**
 * What divides the columns that a clause names: commas outside brackets; and what ends them: a bracket, a word of their
 * statement outside brackets, the next statement. A quoted name may be such a word.
 */
const MARK =
  /[(),;]|(?<![^\s(])(?:(?<next>(?:INSERT|REPLACE)\s{1,9}I|UPDATE\b)|(?<end>(?:WHERE|FROM|RETURNING|ORDER|LIMIT|SELECT)\b))/gi;
/** Characters of a list that are looked at: more is written by no person. */
const LONGEST_LIST = 10_000;

/** SQL with comments, and the content of its texts, blanked: every character stays where it is. */
const bare = (sql: string): string =>
  sql.replace(/--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'/g, (found) => found.replace(/[^\n]/g, ' '));

interface Part {
  readonly text: string;
  readonly at: number;
}

/** The parts of a list that begins at an offset. */
function parts(sql: string, from: number): readonly Part[] {
  const found: Part[] = [];
  let [depth, start] = [0, from];
  const looked = sql.slice(from, from + LONGEST_LIST);
  for (const { 0: mark, index, groups } of looked.matchAll(MARK)) {
    if (mark === '(') depth += 1;
    if (mark === ')') depth -= 1;
    const worded = groups?.['next'] ?? (depth === 0 ? groups?.['end'] : undefined);
    const ended = depth < 0 || mark === ';' || worded !== undefined;
    if (!ended && (mark !== ',' || depth > 0)) continue;
    found.push({ text: sql.slice(start, from + index), at: start });
    if (ended) return found;
    start = from + index + 1;
  }
  // What is cut off is no whole name.
  return looked.length === LONGEST_LIST ? found : [...found, { text: sql.slice(start), at: start }];
}

/** What stands left of the equals signs: a name each, or several in brackets. */
function assigned(sql: string, from: number): readonly Part[] {
  return parts(sql, from).flatMap(({ text, at }) => {
    const names = text.slice(0, Math.max(0, text.indexOf('=')));
    const bracket = /^\s*\(/.exec(names)?.[0];
    return bracket === undefined ? [{ text: names, at }] : parts(sql, at + bracket.length);
  });
}

/** The columns of a table that the INSERT and UPDATE statements in a text name, with what they do on a conflict. */
export function sqlWrites(text: string, tableName: string): readonly SqlWrite[] {
  if (!/\b(?:INTO|UPDATE)\b/i.test(text)) return [];
  const sql = bare(text);
  const wanted = tableName.toLowerCase();
  const named: Part[] = [];
  let inserted = false;
  for (const match of sql.matchAll(CLAUSE)) {
    const { into, first, conflict, updated } = match.groups ?? {};
    const from = match.index + match[0].length;
    // A conflict belongs to the INSERT before it.
    inserted = conflict === undefined ? into?.toLowerCase() === wanted : inserted;
    if (inserted && first === '(') named.push(...parts(sql, from));
    else if ((inserted && (first ?? conflict) !== undefined) || updated?.toLowerCase() === wanted) {
      named.push(...assigned(sql, from));
    }
  }
  return named.flatMap(({ text: name, at }) => {
    const column = COLUMN.exec(name)?.[1];
    return column === undefined ? [] : [{ column, at: at + name.lastIndexOf(column) }];
  });
}
