import { assertConfirmed, type Confirmation } from '../../changes/confirm.ts';
import type { Plan } from '../../changes/plan.ts';
import { Blocked } from '../../changes/refusals.ts';
import { Problem } from '../../model/problem.ts';
import type { RunbookEntry } from '../../model/runbook-run.ts';
import type { KeptRun, LookedRun } from '../../runbooks/looker.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { isDone, isUnlooked, planOf, type Standing, type StepStanding, wantsPerson } from '../../runbooks/standing.ts';
import { canAsk } from '../ask.ts';
import { askConfirmation } from '../change/confirming.ts';
import { planLines } from '../change/plan-lines.ts';
import { Progress } from '../change/progress.ts';
import { note, print } from '../change/session.ts';
import { EXIT, type ExitCode, type RunbookOptions } from '../command.ts';
import { jsonText } from '../json.ts';
import { assertMayWrite } from '../report.ts';
import { lookedDocument } from './document.ts';
import { attemptLine } from './lines.ts';
import { nextLines, personLine } from './next.ts';
import { reportRun } from './report.ts';
import { lineFor, type RunbookSession, runbookOf } from './session.ts';
import { codeOf } from './status.ts';

/** `backup=Ada,review=Bo`: who ticks which step. @throws Problem usage */
export function ticksIn(text: string | undefined): ReadonlyMap<string, string> {
  const parts = (text ?? '').split(',').filter((part) => part.trim() !== '');
  return new Map(
    parts.map((part) => {
      const [id = '', ...name] = part.split('=');
      if (name.join('=').trim() === '') {
        throw new Problem('usage', `--tick ${part.trim()} names nobody`, 'write --tick STEP=NAME');
      }
      return [id.trim(), name.join('=').trim()] as const;
    }),
  );
}

/** Why a step is not done here and now: a person or a time is needed. */
class Needed extends Error {}

/** What is needed for a step; nothing where it is done. @throws whatever else keeps it from being done */
async function neededFor<Answer>(work: () => Promise<Answer>): Promise<Answer | Needed> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Needed) return error;
    throw error;
  }
}

interface Running {
  readonly session: RunbookSession;
  readonly runbook: Runbook;
  readonly kept: KeptRun;
  readonly options: RunbookOptions;
  readonly ticks: ReadonlyMap<string, string>;
  /** Steps whose change `--confirm` has confirmed: it is for one of them, though another may ask for the same words. */
  readonly confirmed: Set<string>;
  /** What persons or time have to do before the rest, a line each. */
  readonly needed: string[];
}

type Confirmed = { readonly plan: Plan; readonly confirmation: Confirmation };

/**
 * What a person says to the change of a step; undefined where there is nothing to say.
 * @throws Needed; Problem blocked, where a gate is red or they say something else than the change asks for
 */
async function confirmedFor(
  { session, runbook, options, confirmed }: Running,
  { step }: StepStanding,
): Promise<Confirmed | ExitCode | undefined> {
  const { engine, interruption, layout, json } = session;
  if (step.work.kind !== 'change' || step.work.action !== 'run') return undefined;
  const planned = await engine.planned(step, interruption.signal, options.backup);
  if (planned === undefined || planned.open !== undefined || planned.idle) return undefined;
  const { look, phrase, kind } = planned;
  const closed = look.gates.filter(({ state }) => state === 'red');
  const said = phrase === '' || options.confirm !== undefined;
  const asks = !said && canAsk() && !json;
  if (asks) print(planLines(kind, look, layout));
  if (closed.length > 0 && (said || asks)) throw new Blocked(closed);
  const agreed = (confirmation: Confirmation): Confirmed => {
    assertConfirmed(kind, look.plan, confirmation);
    return { plan: look.plan, confirmation };
  };
  if (phrase === '') return agreed({ phrase, reason: options.reason });
  if (options.confirm !== undefined && confirmed.size === 0) {
    confirmed.add(step.id);
    return agreed({ phrase: options.confirm, reason: options.reason });
  }
  if (asks) {
    const asked = await askConfirmation(session, kind, look.plan, options.reason);
    return typeof asked === 'number' ? asked : agreed(asked);
  }
  const reason = planned.reasonNeeded && options.reason === undefined ? { reason: 'TICKET' } : {};
  const line = lineFor(session, 'run', runbook.id, { step: step.id, confirm: phrase, ...reason });
  const [red] = closed;
  const gate = red === undefined ? '' : ` A gate is red: ${red.title}: ${red.detail}.`;
  throw new Needed(
    `${step.id} changes the database: ${look.plan.summary.join('; ')}.${gate} Read its plan, then: ${line}`,
  );
}

/** What the command line lacks for a step that can be done. @throws Needed */
function assertGiven({ session, runbook, options, ticks }: Running, standing: StepStanding): void {
  const { step, state } = standing;
  const name = ticks.get(step.id);
  if (
    state === 'waiting' ||
    (state === 'blocked' && options.step === undefined) ||
    (state === 'running' && options.all)
  ) {
    throw new Needed(personLine(session, runbook, standing));
  }
  const lacksNote = step.noteRequired && options.note === undefined;
  if (step.work.kind === 'manual' && name !== undefined && lacksNote) {
    throw new Needed(`${step.id} needs a note beside the name: --note TEXT`);
  }
  if ((step.work.kind === 'manual' && name === undefined) || lacksNote) {
    throw new Needed(personLine(session, runbook, standing));
  }
}

/** Does one step. @throws Needed, Problem */
async function doStep(
  running: Running,
  { record, restored, edited }: LookedRun,
  standing: StepStanding,
): Promise<RunbookEntry | ExitCode> {
  const { session, runbook, kept, options, ticks } = running;
  const { engine, interruption, layout, json, lowBandwidth } = session;
  const { step, state } = standing;
  const name = ticks.get(step.id);
  // What can't be done now is refused by the engine, before anybody is asked for anything.
  const open = record.run.state === 'running' && restored === undefined && edited.length === 0;
  if (open) assertGiven(running, standing);
  const free = open && state !== 'blocked' && state !== 'running';
  const confirmed = free ? await confirmedFor(running, standing) : undefined;
  if (typeof confirmed === 'number') return confirmed;
  const progress = step.work.kind === 'change' ? new Progress({ ascii: layout.ascii, lowBandwidth }) : undefined;
  const attempt = async (said: string | undefined): Promise<RunbookEntry> => {
    const entry = await engine.runStep(runbook, kept, step.id, {
      leave: interruption.signal,
      confirmed,
      name,
      note: said,
      backup: options.backup,
      decision: options.reason,
      onProgress: progress?.saw,
    });
    progress?.end();
    if (!json) print([attemptLine(entry, layout)]);
    return entry;
  };
  try {
    // Beside many steps a note is for those that want one.
    const entry = await attempt(options.all && !step.noteRequired && !wantsPerson(standing) ? undefined : options.note);
    const failed = { ...standing, state: 'failed', last: entry, why: [entry.note ?? ''] } as const;
    if (entry.state === 'failed' && isUnlooked(failed)) {
      // Whoever answers for it has said so already.
      if (name !== undefined && options.note !== undefined) return await attempt(options.note);
      throw new Needed(personLine(session, runbook, failed));
    }
    if (name !== undefined && entry.state !== 'ticked') {
      note(`${step.id} was looked at and ${entry.state}: nobody answers for it, and ${name} is not on record`);
    }
    return entry;
  } finally {
    progress?.end();
  }
}

/** A step by its id. @throws Problem usage */
function stepNamed({ id }: Runbook, { steps }: Standing, wanted: string): StepStanding {
  const found = steps.find(({ step }) => step.id === wanted);
  if (found !== undefined) return found;
  throw new Problem('usage', `${id} has no step "${wanted}"`, `apptop runbook show ${id} lists the steps`);
}

/** The step that a command line means. @throws Problem */
function chosen({ standing }: LookedRun, { runbook }: Running, id: string | undefined): StepStanding {
  if (id !== undefined) return stepNamed(runbook, standing, id);
  if (standing.next !== undefined) return standing.next;
  throw new Problem('blocked', 'every step is done', `apptop runbook status ${runbook.id} shows the steps`);
}

/** Whether a step is to be gone on with among all: it is not done, or it is a wait of which nobody has noted that it is over. */
const isLeft = (standing: StepStanding, isAwaited: boolean, tried: ReadonlySet<string>): boolean => {
  const { state, step, attempts } = standing;
  if (tried.has(step.id)) return false;
  // What nothing waits for is tried once; a change that may be left out is somebody's own wish: a rollback.
  const own = step.work.kind === 'change' && step.work.action === 'run';
  if (step.optional && !isAwaited && (own || attempts.length > 0)) return false;
  if (isDone(standing)) return step.work.kind === 'wait' && attempts.length === 0;
  return state === 'ready' || state === 'failed' || (isAwaited && state === 'running');
};

/** Does every step that needs neither a time nor a person, also behind one that does; the first that fails ends it. */
async function doAll(running: Running): Promise<ExitCode | undefined> {
  const { session, runbook, kept, needed } = running;
  const tried = new Set<string>();
  for (;;) {
    if (session.interruption.code !== undefined) return session.interruption.code;
    const looked = await session.engine.look(runbook, kept);
    const { standing, record } = looked;
    if (record.run.state !== 'running') return undefined;
    const next = standing.steps.find((one) => isLeft(one, standing.awaited.includes(one), tried));
    if (next === undefined) return needed.length > 0 ? EXIT.warning : undefined;
    tried.add(next.step.id);
    const entry = await neededFor(() => doStep(running, looked, next));
    if (typeof entry === 'number') return entry;
    if (entry instanceof Needed) {
      if (standing.awaited.includes(next)) needed.push(entry.message);
    } else if (entry.state === 'failed' && !next.step.optional) return EXIT.critical;
  }
}

async function doWanted(running: Running): Promise<ExitCode | undefined> {
  const { session, runbook, kept, options, needed } = running;
  const begun = await session.engine.look(runbook, kept);
  // Also where no step is left that would say so.
  if ((await session.engine.stopDoubted(runbook, begun)) !== undefined) return EXIT.critical;
  if (options.skip !== undefined) {
    const said = { name: options.name, reason: options.reason ?? options.note ?? '' };
    const entry = await session.engine.skip(runbook, kept, options.skip, said, session.interruption.signal);
    if (!session.json) print([attemptLine(entry, session.layout)]);
    return undefined;
  }
  if (options.all) return doAll(running);
  const step = chosen(begun, running, options.step);
  const entry = await neededFor(() => doStep(running, begun, step));
  if (typeof entry === 'number') return entry;
  if (entry instanceof Needed) {
    needed.push(entry.message);
    return EXIT.warning;
  }
  return entry.state === 'failed' ? EXIT.critical : EXIT.healthy;
}

function refuseTogether({ step, all, skip, out, html }: RunbookOptions): void {
  const given = [all && '--all', step !== undefined && '--step', skip !== undefined && '--skip'].filter(
    (one) => one !== false,
  );
  if (given.length > 1) throw new Problem('usage', `${given.join(' and ')} don't go together`, 'give one of them');
  if (html && out === undefined) throw new Problem('usage', '--html says nothing without --out', 'give --out FILE too');
}

/** A run is not begun for a step that can't be the first. @throws Problem */
function refuseBlocked(runbook: Runbook, id: string): void {
  const { state, why } = stepNamed(runbook, planOf(runbook), id);
  if (state !== 'blocked') return;
  const what = `${id} can't be done yet: ${why.join('; ')}`;
  throw new Problem(
    'blocked',
    what,
    `no run of ${runbook.id} is under way: begin with apptop runbook run ${runbook.id}`,
  );
}

/**
 * Goes on with the open run of a runbook, or begins one: the next step, one by its id, or all that need nobody; then its
 * report, where a file is named for it.
 * @returns 0 what was asked for is done; 1 a time or a person is needed; 2 a step failed, a stop condition holds or it is
 * refused; a signal's
 * @throws Problem
 */
export async function runRunbook(session: RunbookSession, options: RunbookOptions): Promise<ExitCode> {
  refuseTogether(options);
  if (options.out !== undefined) assertMayWrite(options.out);
  const { engine, context, json } = session;
  const ticks = ticksIn(options.tick);
  const runbook = await runbookOf(session, options.subject);
  // A name for a step that is not there would be lost in silence.
  for (const id of ticks.keys()) stepNamed(runbook, planOf(runbook), id);
  if (options.step !== undefined && (await engine.open(runbook.id)) === undefined) refuseBlocked(runbook, options.step);
  const { why, ...kept } = await engine.begin(runbook, { name: options.name, reason: options.reason ?? '' });
  if (why !== undefined) note(`${why}: this run is kept on this machine only`);
  const needed: string[] = [];
  const running = { session, runbook, kept, options, ticks, confirmed: new Set<string>(), needed };
  const code = await engine.during(() => doWanted(running));
  const looked = await engine.look(runbook, kept);
  if (json) process.stdout.write(jsonText(lookedDocument(context, looked, { needed })));
  const goesOn = looked.record.run.state === 'running' && needed.length > 0;
  for (const line of goesOn ? needed : nextLines(session, runbook, looked)) note(line);
  const { state, id } = looked.record.run;
  if (options.out !== undefined) {
    await reportRun(session, { ...options, subject: looked.store.place === 'local' ? `local-${id}` : String(id) });
  }
  if (session.interruption.code !== undefined) return session.interruption.code;
  if (state === 'stopped') return EXIT.critical;
  return code ?? codeOf(looked);
}
