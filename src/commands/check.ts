import { loadContext } from '../config/load.ts';
import { openDatabase } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import { intervalMs } from './check/interval.ts';
import type { CheckOptions, ExitCode } from './command.ts';

/** Outputs of which a command line has one. */
function refuseTogether({ list, json, junit, watch }: CheckOptions): void {
  const outputs = [
    list && '--list',
    watch !== undefined && '--watch',
    json && '--json',
    junit !== undefined && '--junit',
  ];
  const [first, second] = outputs.filter((option) => option !== false);
  if (first === undefined || second === undefined) return;
  if (first !== '--json') throw new Problem('usage', `${first} and ${second} don't go together`, 'give one of them');
  if (junit === '-') throw new Problem('usage', '--json and --junit - both want stdout', 'name a file: --junit FILE');
}

/**
 * Runs the selected checks and prints what they find.
 * @returns the exit code of the worst finding; 3 when something could not be told and nothing worse is known
 * @throws Problem
 */
export async function run(options: CheckOptions): Promise<ExitCode> {
  refuseTogether(options);
  const everyMs = options.watch === undefined ? undefined : intervalMs(options.watch);
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  const { context, notes } = loaded.value;
  for (const note of notes) process.stderr.write(`apptop: ${note}\n`);
  const database = await openDatabase(context);
  try {
    // The connection opens while the checks are loaded, which takes some 20 ms.
    if (!options.list) database.connect('check 0');
    const { runSelected } = await import('./check/selected.ts');
    return await runSelected(database, context, options, everyMs);
  } finally {
    await database.close();
  }
}
