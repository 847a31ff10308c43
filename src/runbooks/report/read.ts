import { readHeads } from '../../audit/heads.ts';
import { operatorOf } from '../../audit/operator.ts';
import { who } from '../../audit/words.ts';
import { runsOf } from '../../changes/gates.ts';
import type { GuardedPath } from '../../changes/guarded-path.ts';
import { placeOf } from '../../changes/plan.ts';
import { RunsReader } from '../../changes/runs-reader.ts';
import { checksOf } from '../../checks/all.ts';
import { Results } from '../../checks/results.ts';
import { commitOf } from '../../config/commit.ts';
import type { Context } from '../../config/context.ts';
import { secretsOf } from '../../config/mask.ts';
import { stateFile } from '../../config/state.ts';
import type { Database, QueryOptions } from '../../data/database.ts';
import { nowOf, selectNow } from '../../data/state/runbooks.ts';
import { unlessClosed } from '../../data/state/tables.ts';
import { History } from '../../live/history.ts';
import { Problem } from '../../model/problem.ts';
import type { RunbookRun } from '../../model/runbook-run.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Verdict } from '../../model/verdict.ts';
import { runbookNamed } from '../all.ts';
import type { ListedRun, RunbookEngine } from '../engine.ts';
import { readEvidence } from '../evidence.ts';
import { doubtText } from '../looker.ts';
import { type Runbook, readRunbook } from '../runbook.ts';
import type { ReportHead } from './head.ts';
import type { NowInput } from './now-report.ts';
import type { RunInput } from './run-report.ts';

const READING: QueryOptions = { lane: 'change' };

/** Runs of changes among which those of a runbook are looked for. */
const NEWEST = 1_000;
/** Rows set aside that are told of each run. */
const ASIDE = 200;
/** Milliseconds around a run whose samples still say something of it. */
const AROUND_MS = 3_600_000;

/** What reports are read from. */
export interface ReportGround {
  readonly context: Context;
  readonly database: Database;
  readonly path: GuardedPath;
  readonly engine: RunbookEngine;
  /** Of the config, or the current one: where the application is looked for. */
  readonly folder: string;
  /** Of apptop. */
  readonly version: string;
  readonly signal: AbortSignal;
}

async function headOf({ context, database, folder, version }: ReportGround): Promise<ReportHead> {
  const [clock] = await database.query(selectNow(database.dialect), READING);
  const audit = await readHeads(database, context, READING);
  const { server } = database;
  if (server === undefined) throw new Error('a database that answered has no server');
  const operator = operatorOf(server.user);
  return {
    madeAt: nowOf(clock),
    operator: who(operator),
    host: operator.host,
    version,
    context: context.name,
    environment: context.environment,
    access: context.access,
    database: placeOf(context),
    product: `${server.product} ${server.version}`,
    commit: commitOf(folder),
    folder,
    audit,
  };
}

const samplesOf = (context: Context) => new History(stateFile(context, 'history')).samples;

/**
 * The run that a word means: a number in the database, else on this machine, `local-N` on this machine; the newest run of a
 * runbook; without a word the newest of all.
 * @throws Problem usage
 */
function runMeant(runs: readonly ListedRun[], word: string | undefined): ListedRun {
  const remedy = 'apptop runbook status shows the runs';
  const [, local, number] = /^(local-)?(\d+)$/.exec(word ?? '') ?? [];
  const found =
    number === undefined
      ? runs.find(({ run }) => word === undefined || run.runbook === word)
      : ['database', 'local']
          .filter((place) => local === undefined || place === 'local')
          .map((place) => runs.find((one) => one.place === place && String(one.run.id) === number))
          .find((one) => one !== undefined);
  if (found !== undefined) return found;
  if (word === undefined) throw new Problem('usage', 'no runbook was ever begun here', 'apptop runbook list');
  throw new Problem('usage', `there is no run ${number === undefined ? 'of ' : ''}${word}`, remedy);
}

/** The runbook as it was when a run of it began; where that can't be read any more, as it is now. @throws Problem */
async function runbookOf(engine: RunbookEngine, run: RunbookRun, file: string | undefined): Promise<Runbook> {
  try {
    return await readRunbook(run.definition, `run ${run.id}`, process.cwd());
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return runbookNamed(await engine.runbooks(file), run.runbook);
  }
}

/** Runs that are searched for one that a person names. */
const SEARCHED = 1_000;

/**
 * All that the report of one run of a runbook says.
 * @param word which run: its number, `local-N`, or a runbook's id; undefined the newest
 * @param file the path of a runbook that a person names
 * @throws Problem
 */
export async function readRun(
  ground: ReportGround,
  word: string | undefined,
  file: string | undefined,
): Promise<RunInput> {
  const { context, database, path, engine, signal } = ground;
  const meant = runMeant(await engine.runs(SEARCHED), word);
  const kept = await engine.read(meant.place, meant.run.id);
  if (kept === undefined) throw new Problem('usage', `run ${meant.run.id} is gone`, 'apptop runbook status');
  const runbook = await runbookOf(engine, kept.record.run, file);
  const looked = await engine.look(runbook, kept);
  const { standing, notes, record } = looked;
  const wanted = new Set(record.entries.flatMap(({ evidence }) => readEvidence(evidence).run?.id ?? []));
  const place = { context, database, dialect: database.dialect, options: READING };
  const changes = wanted.size === 0 ? [] : (await runsOf(place, NEWEST)).filter(({ id }) => wanted.has(id));
  const aside = await Promise.all(
    changes.map(async (run) => (await path.aside(run, ASIDE, signal)).map((row) => ({ run: run.id, ...row }))),
  );
  const [from, to] = [record.run.beganAt - AROUND_MS, (record.run.endedAt ?? record.now) + AROUND_MS];
  return {
    head: await headOf(ground),
    place: meant.place,
    runbook,
    standing,
    notes,
    doubt: doubtText(looked),
    changes,
    aside: aside.flat(),
    samples: samplesOf(context).filter(({ at }) => at >= from && at <= to),
    secrets: secretsOf(context),
  };
}

/**
 * All that the report of a context says.
 * @param status taken just now
 * @throws Problem
 */
export async function readNow(
  ground: ReportGround,
  status: { readonly snapshot: Snapshot; readonly verdict: Verdict },
): Promise<NowInput> {
  const { context, database, engine, path } = ground;
  const { known } = new Results(stateFile(context, 'checks'));
  const checks = (await checksOf(context)).map((check) => ({ check, result: known.get(check.id) }));
  const closed: string[] = [];
  const reading = new RunsReader(database, context).changes(READING);
  const { runs, lease } = await unlessClosed(reading, ({ message, remedy }) => {
    closed.push(`the runs of changes can't be read: ${message}; ${remedy}`);
    return { runs: [], lease: undefined };
  });
  return {
    head: await headOf(ground),
    snapshot: status.snapshot,
    verdict: status.verdict,
    checks,
    changes: runs,
    kinds: path.kinds,
    lease,
    runbooks: await engine.runs(),
    doubts: [...closed, ...(await engine.doubts())],
    samples: samplesOf(context),
    secrets: secretsOf(context),
  };
}
