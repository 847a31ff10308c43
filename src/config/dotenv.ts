/**
 * The variables of a `.env` file as phpdotenv 5 reads it: `export`, quotes, escapes and several lines in double
 * quotes, comments, and `${NAME}` outside single quotes. What phpdotenv refuses is read as well as it can be, for a
 * `.env` is not always Laravel's.
 * @param env variables that are set already: they win, also where `${NAME}` asks for one
 */
export function parseDotenv(
  content: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const lookUp = (name: string) => env[name] ?? values.get(name);
  for (const [, quotedName, name = quotedName, raw = ''] of content.matchAll(ENTRY)) {
    if (name !== undefined) values.set(name, env[name] ?? read(raw, lookUp));
  }
  return values;
}

/** A name and what stands behind its `=`: a text in quotes, which may have several lines, or the rest of the line. */
const ENTRY =
  /^[ \t]*(?:export[ \t]+)?(?:["']([\w.]+)["']|([\w.]+))[ \t]*=[ \t]*("(?:\\[^]|[^"\\])*"|'[^'\r\n]*'|[^\r\n]*)/gm;

const ESCAPES: Readonly<Record<string, string>> = { f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function read(raw: string, lookUp: (name: string) => string | undefined): string {
  if (/^'.*'$/s.test(raw)) return raw.slice(1, -1);
  const double = /^"(.*)"$/s.exec(raw)?.[1];
  const text = double ?? raw.replace(/#.*$/, '').trim();
  const pattern = double === undefined ? /\$\{([\w.]+)\}/g : /\$\{([\w.]+)\}|\\(["\\$fnrtv])/g;
  return text.replace(pattern, (whole, name: string | undefined, escaped: string | undefined) => {
    if (name !== undefined) return lookUp(name) ?? whole;
    return escaped === undefined ? whole : (ESCAPES[escaped] ?? escaped);
  });
}

/** A value that is to be changed. `before` is undefined where the file does not have the name yet. */
export interface DotenvChange {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly before: string | undefined;
  readonly after: string;
}

/** A value that any reader takes for itself as it stands. */
const PLAIN = /^[\w.:/-]*$/;

/** How the lines of a text end. */
const endOf = (content: string): string => (/\r\n/.test(content) ? '\r\n' : '\n');

/**
 * A `.env` file with some values changed: quotes, comments, blanks, line ends and every other byte stay as they are. A name
 * that stands there several times is changed each time; one that does not is added at the end.
 * @param content one character a byte (latin1), so that no byte is lost whatever the file's encoding is
 * @param values plain words: letters, digits, `_ . : / -`
 * @throws RangeError for any other value
 */
export function editDotenv(
  content: string,
  values: Readonly<Record<string, string>>,
): { readonly content: string; readonly changes: readonly DotenvChange[] } {
  const odd = Object.values(values).find((value) => !PLAIN.test(value));
  if (odd !== undefined) throw new RangeError(`the value ${odd} is no plain word`);
  const changes: DotenvChange[] = [];
  const found = new Set<string>();
  const lineAt = (offset: number) => content.slice(0, offset).split('\n').length;
  let edited = content.replace(
    ENTRY,
    (entry: string, quoted: string | undefined, bare: string | undefined, raw: string, offset: number) => {
      const name = quoted ?? bare ?? '';
      const after = values[name];
      if (after === undefined) return entry;
      found.add(name);
      const quote = /^(["'])[^]*\1$/.exec(raw)?.[1] ?? '';
      const text = quote === '' ? raw.replace(/#.*$/, '').trim() : raw.slice(1, -1);
      if (text === after) return entry;
      changes.push({ name, line: lineAt(offset), before: text, after });
      const rest = quote === '' ? raw.slice(raw.indexOf(text) + text.length).replace(/^#/, ' #') : '';
      const blanks = quote === '' ? raw.slice(0, raw.indexOf(text)) : '';
      return `${entry.slice(0, entry.length - raw.length)}${blanks}${quote}${after}${quote}${rest}`;
    },
  );
  for (const [name, after] of Object.entries(values)) {
    if (found.has(name)) continue;
    const end = endOf(content);
    if (edited !== '' && !edited.endsWith('\n')) edited += end;
    changes.push({ name, line: lineAt(content.length) + changes.length, before: undefined, after });
    edited += `${name}=${after}${end}`;
  }
  return { content: edited, changes };
}
