import { loadContext } from '../config/load.ts';
import { openDatabase } from '../data/database.ts';
import { list } from './audit/list.ts';
import { verifyBoth } from './audit/verify.ts';
import type { AuditOptions, ExitCode } from './command.ts';

/**
 * Prints who changed what, or holds the record against itself.
 * @returns of `list` 0; of `verify` 0 fine, 2 broken, 3 could not tell
 * @throws Problem
 */
export async function run(options: AuditOptions): Promise<ExitCode> {
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  const { context, notes } = loaded.value;
  for (const note of notes) process.stderr.write(`apptop: ${note}\n`);
  const database = await openDatabase(context);
  try {
    return await (options.action === 'list' ? list : verifyBoth)(context, database, options);
  } finally {
    await database.close();
  }
}
