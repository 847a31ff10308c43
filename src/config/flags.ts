import { runCommand } from './command.ts';
import { parseDotenv } from './dotenv.ts';
import { readRequired } from './read.ts';

/** Where the application's feature flags stand: its `.env` file, or a command that prints `NAME=value` lines. */
export type FlagSource = { readonly file: string } | { readonly command: readonly string[]; readonly folder: string };

/** Long enough for a command that asks another machine. */
const COMMAND_TIMEOUT_MS = 10_000;

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
 * Which of some flags are on, with the values that say so. This process's own variables say nothing about the application's.
 * @throws Problem config or cancelled, when the file or the command can't be read
 */
export async function flagsOn(
  names: readonly string[],
  source: FlagSource,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const content =
    'file' in source
      ? readRequired(source.file, source.file)
      : await runCommand(source.command, {
          folder: source.folder,
          place: 'flags.command',
          timeoutMs: COMMAND_TIMEOUT_MS,
          signal,
        });
  const values = parseDotenv(content, {});
  return new Map(names.map((name) => [name, values.get(name) ?? ''] as const).filter(([, value]) => !isOff(value)));
}
