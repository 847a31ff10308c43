import { runCommand } from './command.ts';
import { readRequired } from './read.ts';

/** Where the config says that a text stands: a file, or what a command prints. Both paths are absolute. */
export type TextSource = { readonly file: string } | { readonly command: readonly string[]; readonly folder: string };

/** Long enough for a command that asks another machine. */
const COMMAND_TIMEOUT_MS = 10_000;

/**
 * The text as it is now.
 * @param key the config's, for messages: `flags`
 * @throws Problem config or cancelled, when the file or the command can't be read
 */
export async function textOf(source: TextSource, key: string, signal?: AbortSignal): Promise<string> {
  if ('file' in source) return readRequired(source.file, `${key}.file: ${source.file}`);
  const { command, folder } = source;
  return runCommand(command, { folder, place: `${key}.command`, timeoutMs: COMMAND_TIMEOUT_MS, signal });
}
