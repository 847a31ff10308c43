/** The languages whose writes are understood; `script` is JavaScript with and without types. */
export type Language = 'php' | 'script' | 'python';

/** A word (`create`, `$appointment`), a text without its quotes, or a mark (`=>`, `(`). */
export interface Token {
  readonly kind: 'word' | 'text' | 'mark';
  readonly value: string;
  /** Where it begins in the source. */
  readonly at: number;
  /** Where its value does: behind the quotes of a text. */
  readonly from: number;
}

/** Source without comments. */
export interface Tokens {
  readonly all: readonly Token[];
  /** The index of the bracket that closes the one at an index, and the reverse. Brackets without a partner are left out. */
  readonly partner: ReadonlyMap<number, number>;
}

const WORD = /\$?[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /\d[\w.]*/y;
const MARK = /\?->|->|=>|::|\?\.|\.\.\.|===?|!==?|\*\*|[^]/y;
const HEREDOC = /<<<[ \t]*(['"]?)(\w+)\1\r?\n/y;
/** Bounded, so that a line of slashes costs no more than its length. */
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,200}\]){1,500}\/[a-z]*/y;
/** After these a slash begins a regular expression instead of dividing. */
const BEFORE_REGEX: ReadonlySet<string> = new Set([
  'return',
  'typeof',
  'case',
  '(',
  ',',
  '=',
  ':',
  '[',
  '!',
  '&',
  '|',
  '?',
  '{',
  '}',
  ';',
  '=>',
]);
const PYTHON_TEXT = /[a-zA-Z]{0,2}("""|'''|"|')/y;

const matchAt = (pattern: RegExp, source: string, at: number): RegExpExecArray | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
};

/** Behind the next occurrence, or the end. */
const after = (source: string, needle: string, from: number): number => {
  const at = source.indexOf(needle, from);
  return at === -1 ? source.length : at + needle.length;
};

/** Behind the next tag that begins PHP, or the end. */
function afterTag(source: string, from: number): number {
  const at = after(source, '<?', from);
  return source.startsWith('php', at) ? at + 3 : at;
}

/** Behind the quote that ends a text; on one line where a text may not go beyond it. */
function endOfText(source: string, from: number, quote: string, lines: boolean): number {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source.startsWith(quote, at)) return at + quote.length;
    else if (!lines && source[at] === '\n') return at;
  }
  return source.length;
}

/** Behind the backtick that ends a template, with templates inside its placeholders. */
function endOfTemplate(source: string, from: number): number {
  const open = ['`'];
  let at = from;
  for (; at < source.length && open.length > 0; at += 1) {
    const character = source[at] ?? '';
    if (character === '\\') at += 1;
    else if (open.at(-1) === '`') {
      if (character === '`') open.pop();
      else if (source.startsWith('${', at)) {
        open.push('{');
        at += 1;
      }
    } else if (character === '}') open.pop();
    else if (character === '`' || character === '{') open.push(character);
    else if (character === '"' || character === "'") at = endOfText(source, at + 1, character, false) - 1;
  }
  return at;
}

/** Where a comment, blanks, or markup around PHP end, if any of them begins here. */
function endOfIgnored(source: string, at: number, language: Language): number | undefined {
  const two = source.slice(at, at + 2);
  if (/^\s/.test(two)) return at + 1;
  if (language === 'python') return two[0] === '#' ? after(source, '\n', at) : undefined;
  if (two === '/*') return after(source, '*/', at + 2);
  if (language === 'script') return two === '//' ? after(source, '\n', at) : undefined;
  if (two === '?>') return afterTag(source, at);
  // `#[` begins an attribute.
  return two === '//' || (two[0] === '#' && two !== '#[') ? after(source, '\n', at) : undefined;
}

interface Text {
  readonly from: number;
  readonly end: number;
  readonly value: string;
}

/** The text that begins here, if one does. Escapes stay as they are: no column has one. */
function textAt(source: string, at: number, language: Language): Text | undefined {
  const quoted = (from: number, quote: string, end: number): Text => ({
    from,
    end,
    value: source.slice(from, source.startsWith(quote, end - quote.length) ? end - quote.length : end),
  });
  const character = source[at] ?? '';
  if (language === 'python') {
    const begun = matchAt(PYTHON_TEXT, source, at);
    if (begun === undefined) return undefined;
    const [whole, quote = '"'] = begun;
    const from = at + whole.length;
    return quoted(from, quote, endOfText(source, from, quote, quote.length === 3));
  }
  if (language === 'php' && character === '<') {
    const begun = matchAt(HEREDOC, source, at);
    if (begun === undefined) return undefined;
    const from = at + begun[0].length;
    const closing = new RegExp(`^[ \\t]*${begun[2]}\\b`, 'mg');
    const closed = matchAt(closing, source, from);
    const end = closed === undefined ? source.length : closed.index;
    return { from, end: end + (closed?.[0].length ?? 0), value: source.slice(from, end) };
  }
  if (language === 'script' && character === '`') return quoted(at + 1, '`', endOfTemplate(source, at + 1));
  if (character !== '"' && character !== "'") return undefined;
  return quoted(at + 1, character, endOfText(source, at + 1, character, language === 'php'));
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function partners(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const partner = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { kind, value }] of tokens.entries()) {
    if (kind !== 'mark') continue;
    if (CLOSING[value] !== undefined) open.push(index);
    else if (value === ')' || value === ']' || value === '}') {
      const last = open.at(-1);
      if (last === undefined || CLOSING[tokens[last]?.value ?? ''] !== value) continue;
      open.pop();
      partner.set(index, last).set(last, index);
    }
  }
  return partner;
}

/** Takes a source apart in one pass; what is no right source gives tokens too. */
export function tokenize(source: string, language: Language): Tokens {
  const all: Token[] = [];
  let at = language === 'php' ? afterTag(source, 0) : 0;
  while (at < source.length) {
    const ignored = endOfIgnored(source, at, language);
    if (ignored !== undefined) {
      at = ignored;
      continue;
    }
    const text = textAt(source, at, language);
    const last = all.at(-1);
    if (text !== undefined) {
      all.push({ kind: 'text', value: text.value, at, from: text.from });
      at = text.end;
      continue;
    }
    const regex =
      language === 'script' && source[at] === '/' && (last === undefined || BEFORE_REGEX.has(last.value))
        ? matchAt(REGEX, source, at)
        : undefined;
    const word = matchAt(WORD, source, at) ?? matchAt(NUMBER, source, at);
    const [value] = regex ?? word ?? matchAt(MARK, source, at) ?? [source[at] ?? ''];
    if (regex === undefined) all.push({ kind: word === undefined ? 'mark' : 'word', value, at, from: at });
    at += value.length;
  }
  return { all, partner: partners(all) };
}
