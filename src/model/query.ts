import { Problem } from './problem.ts';

/** What only looks like SQL: texts, quoted names and comments, on each engine. */
const QUOTED_OR_COMMENT =
  /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(\w*)\$[^]*?\$\1\$|--[^\n]*|#[^\n]*|\/\*[^]*?\*\//g;

/**
 * One query without its semicolon. What it does is for the server to refuse; that it is one can be said at once.
 * @param place where it is written down, for messages
 * @param wanted what to write, for messages
 * @throws Problem config
 */
export function queryOf(text: string, place: string, wanted: string): string {
  const bare = text.replaceAll(QUOTED_OR_COMMENT, (part) => ' '.repeat(part.length)).trimEnd();
  if (bare.trim() === '') throw new Problem('config', `${place}: there is no statement`, wanted);
  const end = bare.indexOf(';');
  if (end !== -1 && end < bare.length - 1) {
    throw new Problem('config', `${place}: there is more than one statement`, wanted);
  }
  if (!/^\s*\(*\s*(select|with)\b/i.test(bare)) {
    throw new Problem('config', `${place}: the statement is no query`, wanted);
  }
  return end === -1 ? text : text.slice(0, end);
}
