import { Audit } from '../../audit/audit.ts';
import { GuardedPath } from '../../changes/guarded-path.ts';
import type { Context } from '../../config/context.ts';
import { loadContext } from '../../config/load.ts';
import { type Database, openDatabase } from '../../data/database.ts';
import { Problem } from '../../model/problem.ts';
import { visible } from '../../model/text.ts';
import { changesOf } from '../../rollback/all.ts';
import { EXIT, type ExitCode, type GlobalOptions } from '../command.ts';
import { type Interruption, interruption } from '../interruption.ts';
import { jsonText } from '../json.ts';
import { databaseOptions, type Group } from './command-line.ts';
import { blockedDocument } from './documents.ts';
import { type Layout, layoutOf } from './layout.ts';

/** All that the commands of guarded changes work with. */
export interface Session {
  readonly context: Context;
  readonly database: Database;
  readonly path: GuardedPath;
  readonly interruption: Interruption;
  readonly layout: Layout;
  readonly json: boolean;
  readonly lowBandwidth: boolean;
  /** The options that name this database, for command lines to go on with. */
  readonly named: readonly Group[];
  /** Of the config file; the current one where there is none. */
  readonly folder: string;
}

/** A note for a person, beside the data. */
export const note = (text: string): void => {
  process.stderr.write(`apptop: ${visible(text)}\n`);
};

export const print = (lines: readonly string[]): void => {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
};

/** What the guarded path refuses is an answer: 2. */
function refused(problem: Problem, { context, json }: Session): ExitCode {
  if (json) process.stdout.write(jsonText(blockedDocument(context, problem)));
  note(`${problem.message}: ${problem.remedy}`);
  return EXIT.critical;
}

/**
 * Works on the guarded path of the database that a command line names.
 * @returns what the work answers; 2 when the path refuses it, 129, 130 or 143 when a signal ended it
 * @throws Problem
 */
export async function onPath(
  options: GlobalOptions & { readonly json: boolean },
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  const { context, contexts, notes, folder } = loaded.value;
  for (const text of notes) note(text);
  const database = await openDatabase(context);
  const session: Session = {
    context,
    database,
    path: new GuardedPath(context, database, new Audit(context, database.dialect), changesOf(context)),
    interruption: interruption(['SIGINT', 'SIGTERM', 'SIGHUP']),
    layout: layoutOf(options.ascii),
    json: options.json,
    lowBandwidth: options.lowBandwidth,
    named: databaseOptions(options, context.name, contexts),
    folder,
  };
  try {
    return await work(session);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // What a signal stopped before it began is no failure.
    if (session.interruption.code !== undefined && error.kind === 'cancelled') {
      note('nothing was done');
      return session.interruption.code;
    }
    if (error.kind === 'blocked') return refused(error, session);
    throw error;
  } finally {
    await database.close();
  }
}
