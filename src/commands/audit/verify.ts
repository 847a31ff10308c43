import { styleText } from 'node:util';
import { type Finding, isBroken, type Verified, verify } from '../../audit/verify.ts';
import type { Context } from '../../config/context.ts';
import type { Database } from '../../data/database.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { visible } from '../../model/text.ts';
import { tabbed } from '../check/lines.ts';
import { type AuditOptions, EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';

/** The version of the shape of `audit verify --json`. Fields may be added under the same version. */
const VERSION = 1;

const CODES = { fine: EXIT.healthy, broken: EXIT.critical, unknown: EXIT.unknown } as const;
type Word = keyof typeof CODES;

/** What was found; without the database where that can't be had. */
interface Outcome {
  readonly verified: Verified;
  /** Why the database was not asked. */
  readonly problem: Problem | undefined;
}

async function look(context: Context, database: Database): Promise<Outcome> {
  try {
    const verified = await verify(context, { database, options: { lane: 'rows' } });
    return { verified, problem: undefined };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Where the file is what can't be read, this says so again.
    return { verified: await verify(context, undefined), problem: error };
  }
}

/** Looks at both chains and prints what is wrong with them. @throws Problem */
export async function verifyBoth(context: Context, database: Database, options: AuditOptions): Promise<ExitCode> {
  const { verified, problem } = await look(context, database);
  const word: Word = verified.findings.some(isBroken) ? 'broken' : problem === undefined ? 'fine' : 'unknown';
  if (options.json) {
    process.stdout.write(jsonText(document(context, word, verified, problem)));
    return CODES[word];
  }
  for (const finding of verified.findings) process.stdout.write(`${lineOf(finding, options.ascii)}\n`);
  if (problem !== undefined)
    process.stderr.write(`apptop: only the local file was looked at: ${problem.message}: ${problem.remedy}\n`);
  process.stderr.write(`${word.toUpperCase()}  ${summary(verified)}\n`);
  return CODES[word];
}

function document(context: Context, verdict: Word, verified: Verified, problem: Problem | undefined) {
  const { findings, records, own, file, lines } = verified;
  return {
    version: VERSION,
    context: context.name,
    environment: context.environment,
    verdict,
    database: records === undefined ? null : { records, announcedHere: own ?? 0 },
    problem: problem === undefined ? null : `${problem.message}: ${problem.remedy}`,
    local: { file, lines },
    findings: findings.map((finding) => ({ ...finding, broken: isBroken(finding) })),
  };
}

/** A finding for a person or, in a pipe, for a program. styleText leaves the colour out where there is none. */
function lineOf(finding: Finding, ascii: boolean): string {
  const { kind, place, at, text } = finding;
  if (!process.stdout.isTTY) return tabbed(kind, place, String(at), text);
  const broken = isBroken(finding);
  const mark = broken ? (ascii ? 'x' : '✖') : ascii ? 'i' : '•';
  const where = `${place}, ${place === 'database' ? 'record' : 'line'} ${at}`;
  return `${styleText(broken ? 'red' : 'cyan', mark, { stream: process.stdout })} ${kind.padEnd(9)} ${visible(`${where}: ${text}`, ascii)}`;
}

/** `14 records, 12 of them announced in the local file; 24 lines in FILE` */
function summary({ records, own = 0, file, lines }: Verified): string {
  const here = lines === 0 ? `no local file ${file}` : `${counted(lines, 'line')} in ${visible(file)}`;
  if (records === undefined) return here;
  return `${counted(records, 'record')} in the database, ${own} of them announced here; ${here}`;
}
