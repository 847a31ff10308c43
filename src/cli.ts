import yargs, { type Argv } from 'yargs';
import manifest from '../package.json' with { type: 'json' };
import { EXIT, type ExitCode } from './commands/command.ts';
import { COMMANDS, CONSOLE, type Command, type Option, type Written } from './commands/table.ts';
import { nearest } from './model/nearest.ts';
import { Problem } from './model/problem.ts';

type Parsed = Readonly<Record<string, unknown>>;

/** Says what went wrong in one line, and answers with the exit code. */
function report(error: unknown): ExitCode {
  const problem = error instanceof Problem;
  const message = error instanceof Error ? error.message : String(error);
  const remedy = problem ? error.remedy : 'this is a bug in apptop; APPTOP_DEBUG=1 shows where, please report it';
  process.stderr.write(`apptop: ${message}: ${remedy}\n`);
  if (process.env.APPTOP_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT.unknown;
}

/** The value of an option that takes one. */
function valueOf(parsed: Parsed, name: string): string | undefined {
  const value = parsed[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw new Problem('usage', `--${name} is given twice`, 'give it once');
  if (value === '' || typeof value !== 'string')
    throw new Problem('usage', `--${name} needs a value`, `write --${name} VALUE`);
  return value;
}

function written(parsed: Parsed, words: readonly string[]): Written {
  return {
    words,
    flag: (name) => parsed[name] === true,
    text: (name) => valueOf(parsed, name),
    texts: (name) => {
      const values = parsed[name];
      const all: readonly unknown[] = Array.isArray(values) ? values : [values];
      return all.flatMap((value) => valueOf({ [name]: value }, name) ?? []);
    },
    count: (name) => {
      const value = valueOf(parsed, name);
      if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) {
        throw new Problem('usage', `--${name} ${value} is no number of rows`, 'give a whole number from 1');
      }
      return value === undefined ? undefined : Number(value);
    },
  };
}

/** Rejects what the command does not know. */
function checkSpelling(command: Command, parsed: Parsed, words: readonly string[]): void {
  const reject = (what: string, wrong: string, candidates: readonly string[]) => {
    const near = nearest(wrong, candidates);
    const help = command === CONSOLE ? 'apptop --help' : `apptop ${command.name} --help`;
    throw new Problem('usage', what, `${near === undefined ? '' : `did you mean ${near}? `}see ${help}`);
  };
  const options = [...command.options.map(({ name }) => name), 'help', 'version', '_', '$0'];
  const odd = Object.keys(parsed).find((name) => !options.includes(name));
  if (odd !== undefined) {
    const dashed = `${odd.length === 1 ? '-' : '--'}${odd}`;
    reject(
      `unknown option ${dashed}`,
      dashed,
      command.options.map(({ name }) => `--${name}`),
    );
  }
  const values = command.word?.values ?? [];
  // It may hold a password: not repeated.
  if (words.some((word) => /^\w+:/.test(word)))
    throw new Problem('usage', 'a database stands alone', 'write --url before it');
  if (command.words) return;
  const second = command.word?.second;
  const allowed = second === 'ids' ? Number.POSITIVE_INFINITY : second === undefined ? 1 : 2;
  const stray = words.find((word, position) => position >= allowed || (position === 0 && !values.includes(word)));
  if (stray === undefined) return;
  if (command === CONSOLE)
    reject(
      `unknown command "${stray}"`,
      stray,
      COMMANDS.map(({ name }) => name),
    );
  const wanted = values.length > 0 ? `, wanted ${values.join(', ')}` : '';
  reject(`unexpected "${stray}"${wanted}`, stray, values);
}

const takesValue = new Set(
  [CONSOLE, ...COMMANDS].flatMap(({ options }) =>
    options.filter(({ type }) => type !== 'flag').map(({ name }) => `--${name}`),
  ),
);

/** yargs takes a lone dash, stdout or stdin, for a word and not for the value of the option before it. */
const withDashes = (argv: readonly string[]): string[] =>
  argv.flatMap((word, index) => {
    if (word === '-' && takesValue.has(argv[index - 1] ?? '')) return [];
    return takesValue.has(word) && argv[index + 1] === '-' ? [`${word}=-`] : [word];
  });

const declared = (options: readonly Option[]) =>
  Object.fromEntries(
    options.map(({ name, type, description }) => [
      name,
      { type: type === 'flag' ? ('boolean' as const) : ('string' as const), description },
    ]),
  );

/** Finds the command and what is written behind it. Help and version print themselves and choose nothing. */
async function choose(argv: readonly string[]): Promise<(() => Promise<ExitCode>) | undefined> {
  let chosen: (() => Promise<ExitCode>) | undefined;
  const add = (parser: Argv, command: Command) => {
    const verb = command === CONSOLE ? '$0' : command.name;
    return parser.command({
      command: verb,
      describe: command.description,
      builder: (own) => own.options(declared(command.options)),
      handler: (parsed) => {
        const words = parsed._.map(String).slice(command === CONSOLE ? 0 : 1);
        checkSpelling(command, parsed, words);
        chosen = () => command.run(written(parsed, words));
      },
    });
  };
  const parser = yargs(withDashes(argv))
    .scriptName('apptop')
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .version(manifest.version)
    .help()
    .exitProcess(false)
    .fail(false);
  await [CONSOLE, ...COMMANDS].reduce(add, parser).parseAsync();
  return chosen;
}

async function main(): Promise<ExitCode> {
  const run = await choose(process.argv.slice(2));
  return run === undefined ? EXIT.healthy : run();
}

// `apptop status | head -1` closes the pipe early, and a terminal may hang up: what is under way still ends as it should.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}
// Node's own exit code 1 would mean "warning" to a monitoring system.
process.on('uncaughtException', (error) => process.exit(report(error)));

const code = await main().catch(report);
// A connection that is still closing must not hold the answer back.
process.stdout.write('', () => process.exit(code));
