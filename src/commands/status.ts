import { checkAlerts, failuresNow } from '../checks/alerts.ts';
import { Results } from '../checks/results.ts';
import type { Context } from '../config/context.ts';
import { loadContext } from '../config/load.ts';
import { stateFile } from '../config/state.ts';
import type { Server } from '../data/connection.ts';
import { type Database, openDatabase } from '../data/database.ts';
import type { Scope } from '../data/queries/grouping.ts';
import { takeSnapshot } from '../data/queries/snapshot.ts';
import { unlessClosed } from '../data/state/tables.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type Alert, judge, type Verdict, type VerdictWord } from '../model/verdict.ts';
import { EXIT, type ExitCode, type StatusOptions } from './command.ts';
import { statusDocument } from './status-document.ts';
import { statusText } from './status-text.ts';

/** All that a status is printed from. */
export interface Status {
  readonly context: Context;
  readonly server: Server;
  readonly snapshot: Snapshot;
  readonly verdict: Verdict;
}

const CODES: Readonly<Record<VerdictWord, ExitCode>> = {
  HEALTHY: EXIT.healthy,
  DEGRADED: EXIT.warning,
  STOP: EXIT.critical,
};

/** What the checks found that ran in the last day, from the console or from cron. */
async function rememberedAlerts(context: Context, snapshot: Snapshot): Promise<readonly Alert[]> {
  const { known } = new Results(stateFile(context, 'checks'));
  if (known.size === 0) return [];
  const { checksOf } = await import('../checks/all.ts');
  const now = Date.now();
  return checkAlerts(failuresNow(await checksOf(context), known, snapshot, now), now);
}

/** A runbook that somebody has stopped: nothing else may go on before a person decides. */
async function stopAlerts(database: Database, context: Context): Promise<readonly Alert[]> {
  const { OpenRunbooks, stopOf } = await import('../changes/open-runbooks.ts');
  const ceremonies = await orClosed(new OpenRunbooks(database, context).read({ lane: 'figures' }), 'runbooks');
  const stop = stopOf(ceremonies ?? []);
  return stop === undefined ? [] : [{ level: 'immediate', id: 'runbook-stopped', text: stop }];
}

/** What a reading of runs answers with; where this account may not read them that is said, and it is none. */
const orClosed = <Answer>(reading: Promise<Answer>, what: string): Promise<Answer | undefined> =>
  unlessClosed(reading, ({ message, remedy }) => {
    process.stderr.write(`apptop: the runs of ${what} can't be read: ${message}; ${remedy}\n`);
    return undefined;
  });

/** The snapshot as it is judged; beside a backup column only the runs tell whether a move is over. */
async function judged(database: Database, context: Context, snapshot: Snapshot): Promise<Snapshot> {
  if (snapshot.migration !== 'migrated') return snapshot;
  const [{ RunsReader }, { asJudged, phaseOf }] = await Promise.all([
    import('../changes/runs-reader.ts'),
    import('../rollback/phase.ts'),
  ]);
  const found = await orClosed(new RunsReader(database, context).changes({ lane: 'figures' }), 'changes');
  if (found === undefined) return snapshot;
  return asJudged(snapshot, phaseOf(snapshot.migration, found.runs, context.changes.monitorHours, snapshot.takenAt));
}

export interface PrintOptions {
  readonly json: boolean;
  readonly ascii: boolean;
  readonly includeDeleted: boolean;
}

/** Takes a snapshot and judges it. @throws Problem */
export async function takeStatus(context: Context, database: Database, scope: Scope): Promise<Status> {
  const snapshot = await takeSnapshot(database, context, scope, { lane: 'figures' });
  const { server } = database;
  if (server === undefined) throw new Error('a database that answered has no server');
  const alerts = [...(await stopAlerts(database, context)), ...(await rememberedAlerts(context, snapshot))];
  const verdict = judge(await judged(database, context, snapshot), context.thresholds, alerts);
  return { context, server, snapshot, verdict };
}

/**
 * Prints one snapshot to stdout.
 * @returns the exit code of its verdict
 * @throws Problem
 */
export async function printStatus(context: Context, options: PrintOptions): Promise<ExitCode> {
  const database = await openDatabase(context);
  try {
    const scope = { includesDeleted: options.includeDeleted, byTenant: options.json };
    const status = await takeStatus(context, database, scope);
    const text = options.json ? JSON.stringify(statusDocument(status), null, 2) : statusText(status, options.ascii);
    process.stdout.write(`${text}\n`);
    return CODES[status.verdict.word];
  } finally {
    await database.close();
  }
}

export async function run(options: StatusOptions): Promise<ExitCode> {
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  for (const note of loaded.value.notes) process.stderr.write(`apptop: ${note}\n`);
  return printStatus(loaded.value.context, options);
}
