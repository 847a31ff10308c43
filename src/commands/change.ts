import { keysOf } from '../model/keys.ts';
import { Problem } from '../model/problem.ts';
import type { Asked } from './change/asked.ts';
import { decisionsIn, runNumber } from './change/parameters.ts';
import { onPath, type Session } from './change/session.ts';
import { PLANNING, RUNNING, refuseOthers } from './change/taken.ts';
import type { ChangeOptions, ExitCode } from './command.ts';

/** What one change is told and no other. */
const OWN = ['decide', 'calendar', 'batch-size', 'to'] as const;

/** The options that each action has a use for, beside those of every command. */
const TAKEN: Readonly<Record<ChangeOptions['action'], readonly string[]>> = {
  list: [],
  plan: [...PLANNING, ...OWN, 'backup', 'may-copy'],
  run: [...RUNNING, ...OWN, 'backup', 'may-copy'],
  pause: [],
  resume: ['take-over', 'reason'],
  cancel: [],
  status: [],
  approve: ['plan'],
  drill: [],
};

/** Options that are one change's own. */
const OWNERS: Readonly<Record<(typeof OWN)[number], string>> = {
  decide: 'move-booking-ids',
  calendar: 'backfill-correlation',
  'batch-size': 'backfill-correlation',
  to: 'rollback-calendar-schema',
};

function refuseStray(options: ChangeOptions): void {
  const { action, subject, out, plan, confirm, reason, backup, takeOver, noThrottle, tolerate, mayCopy } = options;
  const others = { out, plan, confirm, reason, backup, tolerate };
  const flags = { 'take-over': takeOver, 'no-throttle': noThrottle, 'may-copy': mayCopy };
  refuseOthers(`change ${action}`, { ...others, ...flags, ...ownOf(options) }, TAKEN[action]);
  if ((action === 'list' || action === 'approve') && subject !== undefined) {
    throw new Problem('usage', `apptop change ${action} takes no "${subject}"`, 'leave it out');
  }
}

const ownOf = ({ decide, calendar, batchSize, to }: ChangeOptions) => ({
  decide,
  calendar,
  'batch-size': batchSize === undefined ? undefined : String(batchSize),
  to,
});

/** What is to be planned or run. @throws Problem usage, where the command line says nothing or two things */
function askedOf(options: ChangeOptions): Asked | undefined {
  const { subject, plan, decide, calendar, batchSize, to, noThrottle, tolerate, mayCopy } = options;
  const own = keysOf(OWNERS).filter((name) => ownOf(options)[name] !== undefined);
  if (
    plan !== undefined &&
    (subject !== undefined || own.length > 0 || noThrottle || mayCopy || tolerate !== undefined)
  ) {
    throw new Problem('usage', 'a plan that was kept says all of it', 'give --plan alone, or plan the change anew');
  }
  if (subject === undefined) {
    if (plan !== undefined) return undefined;
    throw new Problem('usage', 'nothing says what to change', 'name a change: apptop change list shows them');
  }
  const stray = own.find((name) => OWNERS[name] !== subject);
  if (stray === 'decide') {
    throw new Problem('usage', `there is nothing to decide for ${subject}`, 'leave --decide out');
  }
  if (stray !== undefined) {
    throw new Problem('usage', `${subject} takes no --${stray}`, `it is for ${OWNERS[stray]}: leave it out`);
  }
  if (mayCopy && subject !== 'move-booking-ids' && subject !== 'cleanup-booking-ids') {
    throw new Problem('usage', `${subject} copies no table`, 'leave --may-copy out');
  }
  const parameters = {
    ...(decide !== undefined && { decisions: decisionsIn(decide) }),
    ...(calendar !== undefined && { calendar }),
    ...(batchSize !== undefined && { batchSize }),
    ...(to !== undefined && { to: /^[0-9]$/.test(to) ? Number(to) : to }),
    ...(noThrottle && { throttle: false }),
    ...(tolerate !== undefined && { tolerate }),
    ...(mayCopy && { mayCopy }),
  };
  return { change: subject, parameters };
}

/** What the command line asks for, before any database is asked. @throws Problem usage */
function workOf(options: ChangeOptions): (session: Session) => Promise<ExitCode> {
  const { action, subject, plan } = options;
  const id = () => (subject === undefined ? undefined : runNumber(subject));
  switch (action) {
    case 'list':
      return async (session) => (await import('./change/list.ts')).listChanges(session);
    case 'plan': {
      const asked = askedOf(options);
      if (asked === undefined) throw new Error('a plan without a change');
      return async (session) => (await import('./change/plan.ts')).planChange(session, asked, options);
    }
    case 'run': {
      const asked = askedOf(options);
      return async (session) => (await import('./change/run.ts')).runChange(session, asked, options);
    }
    case 'resume': {
      const run = id();
      return async (session) => (await import('./change/resume.ts')).resumeRun(session, run, options);
    }
    case 'pause':
    case 'cancel': {
      const run = id();
      return async (session) => (await import('./change/request.ts')).requestOf(session, action, run);
    }
    case 'status': {
      const run = id();
      return async (session) => (await import('./change/status.ts')).runStatus(session, run);
    }
    case 'drill': {
      return async (session) => {
        const { drillNamed, holdDrill } = await import('./change/drill.ts');
        return holdDrill(session, drillNamed(subject));
      };
    }
    case 'approve': {
      if (plan === undefined) throw new Problem('usage', 'approve needs a plan', 'give --plan FILE');
      return async (session) => (await import('./change/approve.ts')).approvePlan(session, plan);
    }
    default:
      return action satisfies never;
  }
}

/**
 * Plans, runs and steers guarded changes.
 * @returns 0 done or nothing to do; 1 paused, or something was left; 2 halted, failed or refused; a signal's
 * @throws Problem
 */
export async function run(options: ChangeOptions): Promise<ExitCode> {
  refuseStray(options);
  return onPath(options, workOf(options));
}
