import { styleText } from 'node:util';
import { loadContext } from '../config/load.ts';
import { Problem } from '../model/problem.ts';
import { visible } from '../model/text.ts';
import { type DoctorOptions, EXIT, type ExitCode } from './command.ts';
import { examineDatabase, failure } from './doctor/database.ts';
import { type Finding, note, type Outcome, ok, warning } from './doctor/finding.ts';
import { examineTerminal } from './doctor/terminal.ts';

const OUTCOMES = {
  ok: { mark: '✔', ascii: 'ok', colour: 'green', verdict: 'healthy' },
  note: { mark: '•', ascii: '-', colour: 'cyan', verdict: 'healthy' },
  warning: { mark: '▲', ascii: '!', colour: 'yellow', verdict: 'warning' },
  critical: { mark: '✖', ascii: 'x', colour: 'red', verdict: 'critical' },
  unknown: { mark: '✖', ascii: 'x', colour: 'red', verdict: 'unknown' },
} as const satisfies Readonly<Record<Outcome, object>>;

/** From the mildest; the worst finding decides. */
const VERDICTS = ['healthy', 'warning', 'critical', 'unknown'] as const;

/**
 * Tests config, database and terminal, and says of each what is so and what to do.
 * @returns the exit code of the worst finding; 3 when config, connection or table could not be had
 */
export async function run(options: DoctorOptions): Promise<ExitCode> {
  const findings: Finding[] = [];
  for await (const finding of examine(options)) {
    findings.push(finding);
    if (!options.json) print(finding, options.ascii);
  }
  const found = findings.map(({ outcome }) => OUTCOMES[outcome].verdict);
  const verdict = VERDICTS.findLast((word) => found.includes(word)) ?? 'healthy';
  if (options.json) process.stdout.write(`${JSON.stringify(document(verdict, findings), null, 2)}\n`);
  return EXIT[verdict];
}

async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  const loaded = await loadContext(options);
  if (loaded.ok) {
    const { context, where, contexts, notes } = loaded.value;
    const others = contexts.filter((name) => name !== context.name);
    const access = context.access === 'read' ? 'read-only' : 'operate';
    yield ok('config', `${where}: ${context.name}, ${context.environment}, ${access}`);
    if (others.length > 0) yield note('contexts', `also ${others.join(', ')}, with --context`);
    for (const text of notes) yield warning('secrets', text, 'only you should be able to read and write it');
    const { retry } = context;
    if (retry?.calcomApi instanceof Problem) yield warning('retry', retry.calcomApi.message, retry.calcomApi.remedy);
    yield* examineDatabase(context);
  } else {
    yield failure('config', loaded.error);
  }
  const { isTTY, columns, rows } = process.stdout;
  const screen = isTTY ? { columns, rows, colourDepth: process.stdout.getColorDepth() } : undefined;
  yield* examineTerminal(screen, process.env);
}

/** The documented shape of `doctor --json`. */
function document(verdict: string, findings: readonly Finding[]): object {
  const checks = findings.map(({ check, outcome, fact, remedy }) => ({ check, outcome, fact, remedy: remedy ?? null }));
  return { version: 1, verdict, checks };
}

/** Room for the longest name of a check. */
const NAME = 11;

function print({ check, outcome, fact, remedy }: Finding, ascii: boolean): void {
  const { mark, ascii: plain, colour } = OUTCOMES[outcome];
  const shown = ascii ? plain.padEnd(2) : mark;
  // styleText leaves the colour out where stdout is no terminal or NO_COLOR is set.
  const coloured = styleText(colour, shown, { stream: process.stdout });
  const advice = remedy === undefined ? '' : ` ${ascii ? '->' : '→'} ${remedy}`;
  process.stdout.write(`${coloured} ${check.padEnd(NAME)} ${visible(fact + advice, ascii)}\n`);
}
