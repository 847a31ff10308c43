import { redact } from '../../config/redact.ts';
import { visible, width } from '../../model/text.ts';
import type { GlobalOptions } from '../command.ts';
import type { Layout } from './layout.ts';

/** What stands together on a command line: a word, or an option with its value. */
export type Group = readonly string[];

const PLAIN = /^[\w@%+=:,./-]+$/;
const SPACED = /^[\w@%+=:,./ -]+$/;

/** A word as a shell takes it. */
function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  return SPACED.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Options with their values, those that were given. */
export const given = (options: Readonly<Record<string, string | boolean | undefined>>): readonly Group[] =>
  Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return [value === true ? [`--${name}`] : [`--${name}`, value]];
  });

/** The options that name the database, for a command line that goes on where this one ends. */
export function databaseOptions(
  { context, config, url }: GlobalOptions,
  name: string,
  contexts: readonly string[],
): readonly Group[] {
  if (url !== undefined) return [['--url', redact(url)]];
  const named = context ?? (contexts.length > 1 ? name : undefined);
  return given({ config, context: named });
}

/** A command line to copy, in as many lines as it needs. */
export function commandLines(groups: readonly Group[], indent: number, { columns, ascii }: Layout): readonly string[] {
  const room = columns - indent - 2;
  const lines: string[] = [];
  for (const group of groups) {
    const text = visible(group.map(shellWord).join(' '), ascii);
    const last = lines.at(-1);
    const extended = last === undefined ? text : `${last} ${text}`;
    if (last === undefined || width(extended) > room) lines.push(last === undefined ? text : `  ${text}`);
    else lines[lines.length - 1] = extended;
  }
  const before = ' '.repeat(indent);
  return lines.map((line, index) => `${before}${line}${index < lines.length - 1 ? ' \\' : ''}`);
}

/** The same in one line, for the end of a sentence. */
export const commandLine = (groups: readonly Group[]): string => groups.flat().map(shellWord).join(' ');
