import { Problem } from '../model/problem.ts';
import { runCommand } from './command.ts';
import { readRequired } from './read.ts';

/** Looks a variable up: in the environment, then in the `.env` beside what asks for it. */
export type Variables = (name: string) => string | undefined;

const REFERENCE = /\$\{env:([^}]*)\}/g;

/**
 * A text with every `${env:NAME}` replaced.
 * @param place where the text stands, for the message: `./apptop.json: contexts.prod.connection`
 * @param encode applied to each value when the text has more than the reference, as in a URL
 * @throws Problem config, when a variable is not set
 */
export function expand(
  text: string,
  variables: Variables,
  place: string,
  encode: (value: string) => string = (value) => value,
): string {
  return text.replace(REFERENCE, (reference, name: string) => {
    const value = variables(name);
    if (value === undefined) {
      const what = `${place}: the variable ${name} is not set`;
      throw new Problem('config', what, `export ${name}=… or write it into the .env beside the file`);
    }
    return reference === text ? value : encode(value);
  });
}

/** Without the one newline that editors and `echo` put at the end. */
const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '');

/**
 * @param what it holds, for the message
 * @throws Problem config, when the file cannot be read or is empty
 */
export function readSecretFile(path: string, name: string, what: 'password' | 'key'): string {
  const secret = withoutNewline(readRequired(path, name));
  if (secret === '') throw new Problem('config', `${name}: is empty`, `write the ${what} into it`);
  return secret;
}

/** Long enough for a password manager that asks for a fingerprint. */
const COMMAND_TIMEOUT_MS = 10_000;

/**
 * The password that a program prints, run without a shell.
 * @param command the program and its arguments
 * @throws Problem config, when the program fails, prints nothing or takes over 10 s
 */
export async function runPasswordCommand(
  command: readonly string[],
  folder: string,
  place: string,
  timeoutMs = COMMAND_TIMEOUT_MS,
): Promise<string> {
  const password = withoutNewline(await runCommand(command, { folder, place, timeoutMs }));
  if (password === '') {
    throw new Problem('config', `${place}: ${command[0]} printed nothing`, 'have it print the password to stdout');
  }
  return password;
}
