import { checksOf } from '../checks/all.ts';
import type { CheckResult } from '../checks/check.ts';
import { runChecks } from '../checks/runner.ts';
import { leaseOf, selectLease } from '../data/state/lease.ts';
import { runOf, selectRuns } from '../data/state/runs.ts';
import { ifThere } from '../data/state/tables.ts';
import type { Phase, Severity } from '../model/check-words.ts';
import { age, counted } from '../model/format.ts';
import { isOpen, type Lease, type Run } from '../model/run.ts';
import type { ChangeGround, ChangeKind, Gate } from './change.ts';
import { OpenRunbooks, STOP_REMEDY, stopOf } from './open-runbooks.ts';

export const green = (id: string, title: string, detail: string): Gate => ({
  id,
  title,
  state: 'green',
  detail,
  remedy: '',
});
export const red = (id: string, title: string, detail: string, remedy: string): Gate => ({
  id,
  title,
  state: 'red',
  detail,
  remedy,
});

/** What runs are found with, whatever the appointments are like. */
export type RunsPlace = Pick<ChangeGround, 'context' | 'database' | 'dialect' | 'options'>;

/** The newest runs of a database, newest first; none before the first change. */
export async function runsOf({ database, context, options }: RunsPlace, limit = 100): Promise<readonly Run[]> {
  return (await ifThere(database.query(selectRuns(context.table, limit), options))).map(runOf);
}

/** Who holds the lease now; undefined when nobody does. */
async function leaseNow({ database, context, dialect, options }: ChangeGround): Promise<Lease | undefined> {
  const [row] = await ifThere(database.query(selectLease(dialect, context.table), options));
  const lease = row && leaseOf(row);
  return lease === undefined || lease.expired ? undefined : lease;
}

function accessGate({ context, database }: ChangeGround): Gate {
  const title = 'changes are allowed';
  if (context.access !== 'operate') {
    return red(
      'access',
      title,
      'this context only reads',
      `set contexts.${context.name}.access to "operate" in the config`,
    );
  }
  return database.server?.role === 'replica'
    ? red('access', title, 'this server is a replica', 'connect to the primary')
    : green('access', title, 'access: operate');
}

/** Rows are found, compared and taken back by their id: two with the same one would be changed as one. */
function keyGate({ context, source }: ChangeGround): Gate {
  const { id, idUnique } = source.appointments;
  const title = 'each row has an id of its own';
  if (idUnique) return green('key', title, `${id.name} is unique`);
  const remedy = `give the table a primary key on it alone, or correct contexts.${context.name}.columns.id`;
  return red('key', title, `${id.name} is not unique: no index on it alone says so`, remedy);
}

/** A runbook that is stopped stops the world: no change begins before a person has decided. */
async function stopGate({ context, database, options }: ChangeGround): Promise<Gate> {
  const title = 'no runbook is stopped';
  const stop = stopOf(await new OpenRunbooks(database, context).read(options));
  return stop === undefined ? green('stop', title, 'none is') : red('stop', title, stop, STOP_REMEDY);
}

async function leaseGate(ground: ChangeGround): Promise<Gate> {
  const title = 'no other run';
  const [lease, runs] = await Promise.all([leaseNow(ground), runsOf(ground)]);
  const open = runs.find(({ state }) => isOpen(state));
  if (lease !== undefined) {
    const time = age((Date.now() - lease.since) / 1000);
    const remedy =
      lease.run === undefined
        ? 'wait for it: it runs out within 30 s'
        : 'wait for it, or take its run over: apptop change resume --take-over';
    return red('lease', title, `${lease.holder} holds it for ${time}`, remedy);
  }
  if (open !== undefined) {
    const what = `run ${open.id} (${open.change}) is ${open.state === 'running' ? 'interrupted' : open.state}`;
    return red('lease', title, what, `apptop change resume, or apptop change cancel`);
  }
  return green('lease', title, 'nobody changes this database');
}

const gateOf = ({ check, verdict, violations, note, figure }: CheckResult): Gate => {
  const id = `check ${check.id}`;
  if (verdict === 'fail') return red(id, check.title, figure ?? counted(violations, 'violation'), check.remedy);
  if (verdict === 'could-not-tell') return red(id, check.title, note ?? 'could not tell', 'run apptop check again');
  return green(id, check.title, figure ?? 'pass');
};

/** Runs checks by their ids and says how each stands as a gate; what does not apply to this database is none. */
export async function checkGates(ground: ChangeGround, ids: readonly string[]): Promise<readonly Gate[]> {
  const results = await runNamed(ground, ids);
  return results.filter(({ verdict }) => verdict !== 'not-applicable').map(gateOf);
}

/** The results of checks by their ids, of those that there are. */
export async function runNamed(
  ground: Pick<ChangeGround, 'context' | 'database' | 'options'>,
  ids: readonly string[],
): Promise<readonly CheckResult[]> {
  const checks = (await checksOf(ground.context)).filter(({ id }) => ids.includes(id));
  const { database, context, options } = ground;
  const { lane, timeoutMs, signal = new AbortController().signal } = options;
  return runChecks(database, context, checks, { signal, timeoutMs, lanes: [lane] });
}

/** The users' own checks of a phase and of some severities. */
export async function ownChecksOf(
  { context }: ChangeGround,
  phase: Phase,
  severities: readonly Severity[],
): Promise<readonly string[]> {
  return (await checksOf(context))
    .filter(
      ({ system, severity, phases }) => system === 'own' && severities.includes(severity) && phases.includes(phase),
    )
    .map(({ id }) => id);
}

/** Where altering the table takes a copy of it, whether that is allowed. */
export async function copyGates(ground: ChangeGround, mayCopy: boolean): Promise<readonly Gate[]> {
  const { database, writing, source, options } = ground;
  const why = await database.introspect(options, async (_, connection) =>
    writing.copyNeeded?.(connection, source.appointments.table),
  );
  if (why === undefined) return [];
  const title = 'the table may be copied';
  return [mayCopy ? green('copy', title, why) : red('copy', title, why, 'allow it, at a quiet hour: --may-copy')];
}

/** Severities that keep a change from beginning, or from counting as done. */
export const BLOCKING: readonly Severity[] = ['stop', 'error'];

/** What must hold before any change, and no statement is needed for: access, and a key. */
export const plainGates = (ground: ChangeGround, { tables }: ChangeKind): readonly Gate[] => [
  accessGate(ground),
  ...(tables === undefined ? [keyGate(ground)] : []),
];

/** What must hold before any change: nobody else, its checks and the users' own. */
export async function commonGates(
  ground: ChangeGround,
  kind: ChangeKind,
  checks: readonly string[],
): Promise<readonly Gate[]> {
  const ids = [...checks, ...(kind.tier === 'typed' ? await ownChecksOf(ground, 'pre', BLOCKING) : [])];
  const [stop, lease, checked] = await Promise.all([stopGate(ground), leaseGate(ground), checkGates(ground, ids)]);
  // Nobody wants to be told of what nearly never is.
  return [...(stop.state === 'red' ? [stop] : []), lease, ...checked];
}
