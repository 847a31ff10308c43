import { checksOf } from '../checks/all.ts';
import { Results } from '../checks/results.ts';
import { loadContext } from '../config/load.ts';
import { stateFile } from '../config/state.ts';
import { openDatabase } from '../data/database.ts';
import { takeSnapshot } from '../data/queries/snapshot.ts';
import { Problem } from '../model/problem.ts';
import { runOnce } from './check/session.ts';
import { EXIT, type ExitCode, type MetricsOptions } from './command.ts';
import { interruption as interrupted } from './interruption.ts';
import { exposition } from './metrics/exposition.ts';
import { checkGauges, snapshotGauges, up } from './metrics/gauges.ts';

/**
 * Prints a snapshot and what every check finds now, in the text format of Prometheus. It is all or nothing: when the
 * snapshot can't be taken, `apptop_up 0` is all that is true.
 * @returns 0, whatever the figures are; 3 when there are none
 * @throws Problem config or usage
 */
export async function run(options: MetricsOptions): Promise<ExitCode> {
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  const { context, notes } = loaded.value;
  for (const note of notes) process.stderr.write(`apptop: ${note}\n`);
  const database = await openDatabase(context);
  const interruption = interrupted();
  try {
    const scope = { includesDeleted: options.includeDeleted, byTenant: false };
    const snapshot = await takeSnapshot(database, context, scope, { lane: 'figures', signal: interruption.signal });
    const session = { context, database, results: new Results(stateFile(context, 'checks')), interruption };
    const found = options.snapshotOnly ? [] : await runOnce({ ...session, checks: await checksOf(context) });
    if (interruption.code !== undefined) return interruption.code;
    process.stdout.write(exposition([up(true), ...snapshotGauges(snapshot), ...checkGauges(found)]));
    return EXIT.healthy;
  } catch (error) {
    if (interruption.code !== undefined) return interruption.code;
    if (!(error instanceof Problem)) throw error;
    process.stdout.write(exposition([up(false)]));
    process.stderr.write(`apptop: ${error.message}: ${error.remedy}\n`);
    return EXIT.unknown;
  } finally {
    await database.close();
  }
}
