/**
 * The options of the `[client]` group of a MySQL option file, by names with `-` for `_`. A later line wins.
 * Source: MySQL's manual, "Using Option Files".
 */
export function clientOptions(content: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  let group = '';
  for (const raw of content.split(/\r?\n/)) {
    const line = raw.trim();
    const header = /^\[([^\]]*)\]/.exec(line)?.[1];
    if (header !== undefined) group = header.trim().toLowerCase();
    else if (group === 'client' && !/^[#;!]/.test(line)) {
      const [, name, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined)
        options.set(name.replaceAll('_', '-').replace(/^loose-/, ''), unquoted(value));
    }
  }
  return options;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r', s: ' ', '\\': '\\' };

/** A value without its comment, its quotes and its escapes. A `#` within quotes is no comment. */
function unquoted(value: string): string {
  const [bare = value] = /^(?:"(?:\\.|[^"\\])*(?:"|$)|'(?:\\.|[^'\\])*(?:'|$)|[^#"'])*/.exec(value) ?? [];
  const text = bare.trim();
  const inner = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  return inner.replace(
    /\\(.)/g,
    (sequence, character: string) => ESCAPES[character] ?? (/["']/.test(character) ? character : sequence),
  );
}
