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
