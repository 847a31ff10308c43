import type { Context } from '../config/context.ts';
import { flagsOn } from '../config/flags.ts';
import type { TextSource } from '../config/text-source.ts';
import type { Finding, NotApplicable } from './check.ts';
import { found } from './known-tables.ts';

/** Characters of a flag's value that are told. */
const SHOWN = 20;

const NOT_CONFIGURED: NotApplicable = {
  notApplicable: "needs flags in the config: the application's .env or a command",
};

const placeOf = (flags: TextSource): string => ('file' in flags ? flags.file : flags.command.join(' '));

/**
 * Finds the flags that are on, where the application has them.
 * @throws Problem config or cancelled, when they can't be read
 */
export async function lookWhetherOff(
  { flags }: Pick<Context, 'flags'>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Finding | NotApplicable> {
  if (flags === undefined) return NOT_CONFIGURED;
  const { on, set } = await flagsOn(names, flags, signal);
  const finding = found([...on].map(([pk, value]) => ({ pk, value: value.slice(0, SHOWN) })));
  if (set > 0) return finding;
  // Off by default, or another application's file.
  const none = names.length === 1 ? `${names[0]} is not set` : `none of the ${names.length} flags is set`;
  return { ...finding, figure: `${none} in ${placeOf(flags)}: unset is off, if it is the right place` };
}

/**
 * Finds the flags that have another value than they should; where none of them is set it is another application's.
 * @param wanted values by name, in small letters
 * @throws Problem config or cancelled, when they can't be read
 */
export async function lookAtValues(
  { flags }: Pick<Context, 'flags'>,
  wanted: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Finding | NotApplicable> {
  if (flags === undefined) return NOT_CONFIGURED;
  const names = Object.keys(wanted);
  const { on, set } = await flagsOn(names, flags, signal);
  if (set === 0) return { notApplicable: `needs ${names.join(' or ')} in ${placeOf(flags)}` };
  const wrong = Object.entries(wanted)
    .map(([pk, expected]) => ({ pk, value: (on.get(pk) ?? 'off').slice(0, SHOWN), expected }))
    .filter(({ value, expected }) => value.trim().toLowerCase() !== expected);
  if (wrong.length === 0) return found([]);
  const words = wrong.map(({ pk, value, expected }) => `${pk} is ${value}, expected ${expected}`);
  return found(wrong, words.join('; '));
}
