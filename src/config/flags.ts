import { parseDotenv } from './dotenv.ts';
import { type TextSource, textOf } from './text-source.ts';

/** What applications take for off, in small letters; a flag that is not set is off too. */
const OFF: ReadonlySet<string> = new Set(['', '0', 'false', 'off', 'no', 'null']);

const isOff = (value: string): boolean =>
  OFF.has(
    value
      .trim()
      .toLowerCase()
      .replace(/^\((.*)\)$/, '$1'),
  );

/**
 * Which of some flags are on, with the values that say so, and how many of them are set at all. This process's own variables say nothing about the application's.
 * @param source the application's `.env` file, or a command that prints `NAME=value` lines
 * @throws Problem config or cancelled, when the file or the command can't be read
 */
export async function flagsOn(
  names: readonly string[],
  source: TextSource,
  signal?: AbortSignal,
): Promise<{ readonly on: ReadonlyMap<string, string>; readonly set: number }> {
  const values = parseDotenv(await textOf(source, 'flags', signal), {});
  const found = names.map((name) => [name, values.get(name) ?? ''] as const);
  return {
    on: new Map(found.filter(([, value]) => !isOff(value))),
    set: names.filter((name) => values.has(name)).length,
  };
}
