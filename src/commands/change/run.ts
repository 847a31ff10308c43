import type { Confirmation } from '../../changes/confirm.ts';
import { asAgreed, isIdle, type Plan } from '../../changes/plan.ts';
import { Blocked, Drift } from '../../changes/refusals.ts';
import { Problem } from '../../model/problem.ts';
import { canAsk } from '../ask.ts';
import { EXIT, type ExitCode, type GuardedOptions } from '../command.ts';
import { jsonText } from '../json.ts';
import { type Asked, changeOf } from './asked.ts';
import { askConfirmation, saidConfirmation } from './confirming.ts';
import { blockedDocument } from './documents.ts';
import { drifted } from './drift.ts';
import { gateLines } from './gate-lines.ts';
import { held, tellEnd } from './hold.ts';
import { keptPlan } from './plan-file.ts';
import { planLines } from './plan-lines.ts';
import { note, print, type Session } from './session.ts';

/** Gates are red: says which and what to do. */
function blocked({ context, layout, json }: Session, problem: Blocked): ExitCode {
  if (json) process.stdout.write(jsonText(blockedDocument(context, problem, { gates: problem.gates })));
  else
    process.stderr.write(
      gateLines(problem.gates, layout)
        .map((line) => `${line}\n`)
        .join(''),
    );
  note('nothing was done: a gate is red');
  return EXIT.critical;
}

interface Agreed {
  readonly plan: Plan;
  readonly confirmation: Confirmation;
}

/** What is planned now, agreed to on the command line or by the person at the terminal; an exit code where that is the end. */
async function agreedNow(
  session: Session,
  wanted: Asked,
  kept: Plan | undefined,
  options: GuardedOptions,
): Promise<Agreed | ExitCode> {
  const { kind, change } = changeOf(session, wanted);
  const { signal } = session.interruption;
  const look = await session.path.look(kind.id, change.parameters, signal, options.backup);
  const plan = kept === undefined ? look.plan : await asAgreed(kept, look.plan);
  if (plan === undefined) throw new Drift(look.plan);
  if (isIdle(plan, change)) return tellEnd(session, undefined, plan);
  const asks = isAsked(session, options);
  if (asks) print(planLines(kind, look, session.layout));
  const closed = look.gates.filter(({ state }) => state === 'red');
  if (closed.length > 0) throw new Blocked(closed);
  if (!asks) return { plan, confirmation: saidConfirmation(kind, plan, options) };
  const confirmation = await askConfirmation(session, kind, plan, options.reason);
  return typeof confirmation === 'number' ? confirmation : { plan, confirmation };
}

/** Whether somebody is there to be asked, and has not said yes already. */
const isAsked = ({ json }: Session, { confirm }: GuardedOptions): boolean => confirm === undefined && canAsk() && !json;

/** What is to be run. @throws Problem usage, where the command line says nothing or two things */
function wantedOf(asked: Asked | undefined, kept: Plan | undefined, file: string | undefined): Asked {
  if (kept !== undefined && asked !== undefined && kept.change !== asked.change) {
    throw new Problem('usage', `${file} is a plan of ${kept.change}`, 'run it with apptop change run --plan FILE');
  }
  const wanted = kept ?? asked;
  if (wanted !== undefined) return wanted;
  throw new Problem('usage', 'nothing says what to run', 'name a change, or give --plan FILE');
}

/**
 * Runs a change: what `--plan` holds, or what the command line asks for as it is planned now.
 * @param asked undefined where `--plan` says it all
 * @returns 0 done or nothing to do; 1 paused, cancelled or rows left alone; 2 refused, halted or failed; a signal's
 * @throws Problem
 */
export async function runChange(
  session: Session,
  asked: Asked | undefined,
  options: GuardedOptions,
): Promise<ExitCode> {
  const { context, path } = session;
  const kept = options.plan === undefined ? undefined : await keptPlan(options.plan, context);
  const wanted = wantedOf(asked, kept, options.plan);
  let before = kept;
  try {
    const { confirm, reason, backup } = options;
    if (kept === undefined && confirm !== undefined) {
      // Nobody has looked at a plan that could be another one by now.
      return await held(session, (how) => path.run(wanted, { phrase: confirm, reason }, { ...how, backup }));
    }
    const said = kept !== undefined && !isAsked(session, options);
    const agreed = said
      ? { plan: kept, confirmation: saidConfirmation(changeOf(session, kept).kind, kept, options) }
      : await agreedNow(session, wanted, kept, options);
    if (typeof agreed === 'number') return agreed;
    before = agreed.plan;
    return await held(session, (how) => path.run(agreed.plan, agreed.confirmation, { ...how, backup: options.backup }));
  } catch (error) {
    if (error instanceof Drift && before !== undefined) return drifted(session, before, error, options.plan);
    if (error instanceof Blocked) return blocked(session, error);
    throw error;
  }
}
