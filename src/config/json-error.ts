/** Where JSON stops being JSON, and what would have been right there. Line and column count from 1. */
export interface JsonError {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PRIMITIVE = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

class Unexpected extends Error {
  readonly offset: number;
  readonly expected: string;

  constructor(offset: number, expected: string) {
    super(expected);
    this.offset = offset;
    this.expected = expected;
  }
}

/**
 * The first syntax error of a text. JSON.parse's own message will not do: it quotes the text around the error, which
 * may be a password, and leaves the position out when the text is short.
 * @returns undefined when the text is JSON
 */
export function jsonError(text: string): JsonError | undefined {
  try {
    end(text, value(text, 0));
    return undefined;
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    const before = text.slice(0, error.offset).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected: error.expected };
  }
}

/** The offset behind a token that begins at `at`, or undefined. */
function skip(text: string, token: RegExp, at: number): number | undefined {
  token.lastIndex = at;
  return token.test(text) ? token.lastIndex : undefined;
}

const afterSpace = (text: string, at: number): number => skip(text, SPACE, at) ?? at;

function end(text: string, at: number): void {
  const last = afterSpace(text, at);
  if (last < text.length) throw new Unexpected(last, 'nothing after the closing bracket');
}

function value(text: string, start: number): number {
  const at = afterSpace(text, start);
  if (text[at] === '{') return list(text, at + 1, '}', member);
  if (text[at] === '[') return list(text, at + 1, ']', value);
  const after = skip(text, STRING, at) ?? skip(text, PRIMITIVE, at);
  if (after === undefined) throw new Unexpected(at, 'a value (text stands in double quotes)');
  return after;
}

function member(text: string, start: number): number {
  const at = afterSpace(text, start);
  const afterKey = skip(text, STRING, at);
  if (afterKey === undefined) throw new Unexpected(at, 'a key in double quotes');
  const colon = afterSpace(text, afterKey);
  if (text[colon] !== ':') throw new Unexpected(colon, 'a colon');
  return value(text, colon + 1);
}

function list(text: string, start: number, close: string, item: (text: string, at: number) => number): number {
  let at = afterSpace(text, start);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = afterSpace(text, item(text, at));
    if (text[at] === close) return at + 1;
    if (text[at] !== ',') throw new Unexpected(at, `a comma or ${close}`);
    at += 1;
  }
}
