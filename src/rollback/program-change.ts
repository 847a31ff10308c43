import type { ChangeKind, Parameters, Telling } from '../changes/change.ts';
import { failureOf, runProgram } from '../config/program.ts';
import { Problem } from '../model/problem.ts';

/** @throws Problem usage, for any parameter at all */
export function refuseParameters(change: string, parameters: Parameters): void {
  const [name] = Object.keys(parameters);
  if (name !== undefined) throw new Problem('usage', `${change} takes no ${name}`, 'leave it out');
}

/** Milliseconds that a program of a rollback may take. */
const PROGRAM_MS = 600_000;

/**
 * Runs a program of a rollback to its end.
 * @throws Problem refused, which halts the run and lets a person decide: it is never run again by itself
 */
export async function runRollbackProgram(
  { command, folder }: { readonly command: readonly string[]; readonly folder: string },
  key: string,
  { meanwhile }: Telling,
): Promise<void> {
  const [program = ''] = command;
  const remedy = `look at ${key} in the config`;
  try {
    const signal = new AbortController().signal;
    const end = await meanwhile(() => runProgram(command, { folder, timeoutMs: PROGRAM_MS, signal, remedy }));
    const failure = failureOf(program, end);
    if (failure !== undefined) throw new Problem('refused', failure, remedy);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind === 'refused') throw error;
    throw new Problem('refused', error.message, error.remedy, { cause: error });
  }
}

/** How a run of one program is told. */
export const PROGRAM = {
  unit: 'program',
  told: ({ state }) => (state === 'done' ? '1 program run' : '1 program to be run'),
} as const satisfies Pick<ChangeKind, 'unit' | 'told'>;

/**
 * A level of a rollback that changes no row, and is planned, confirmed and recorded as what does.
 * @param make the change with its parameters; throws a Problem usage for those that it does not take
 */
export const levelKind = (
  words: Pick<ChangeKind, 'id' | 'title' | 'purpose' | 'unconfigured' | 'unit' | 'told' | 'undoes'>,
  make: ChangeKind['with'],
): ChangeKind => ({
  ...words,
  tier: 'bulk',
  needsReason: true,
  needsBackup: false,
  // It is about no table: the flags of a database of calendars are switched off too.
  tables: [],
  before: [],
  after: [],
  with: make,
});
