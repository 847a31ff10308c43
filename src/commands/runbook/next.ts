import { watchedWords } from '../../runbooks/logs.ts';
import { doubtText, type LookedRun } from '../../runbooks/looker.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { isUnlooked, type StepStanding } from '../../runbooks/standing.ts';
import { doesText, STOPPED, waitsText } from '../../runbooks/telling.ts';
import { lineFor, type RunbookSession } from './session.ts';

/** What a person does about a step, with the command line for it. */
export function personLine(session: RunbookSession, { id }: Runbook, standing: StepStanding): string {
  const { step, why, state } = standing;
  if (state === 'waiting') return waitsText(standing);
  if (state === 'running') return `${step.id}: ${why.join('; ')}`;
  if (state === 'blocked') return `${step.id} can't be done yet: ${why.join('; ')}`;
  if (isUnlooked(standing)) {
    const line = lineFor(session, 'run', id, { step: step.id, tick: `${step.id}=NAME`, note: 'TEXT' });
    return `${step.id}: ${why.join('; ')}. Who knows it answers for it: ${line}`;
  }
  const note = step.noteRequired ? { note: 'TEXT' } : {};
  if (step.work.kind !== 'manual') return `next: ${lineFor(session, 'run', id, { step: step.id, ...note })}`;
  const line = lineFor(session, 'run', id, { step: step.id, tick: `${step.id}=NAME`, ...note });
  const logs = watchedWords(step.work, session.context.checks.logs).map((text) => ` ${text}.`);
  return `${step.id}: ${step.title}. ${doesText(step)}${logs.join('')} Then: ${line}`;
}

/** What comes next in a run, a line each. */
export function nextLines(session: RunbookSession, runbook: Runbook, looked: LookedRun): readonly string[] {
  const { standing, record } = looked;
  const { state, reason } = record.run;
  if (state === 'finished' || state === 'aborted') return [];
  const doubt = doubtText(looked);
  if (state === 'stopped' || doubt !== undefined) {
    return [
      `${STOPPED}: ${(state === 'stopped' ? reason : doubt) ?? ''}`,
      `go on, saying why: ${lineFor(session, 'decide', runbook.id, { name: 'NAME', reason: 'WHY' })}`,
    ];
  }
  const { next, left, signOffs } = standing;
  if (left.length === 0) {
    return signOffs.flatMap(({ signOff, entry }) =>
      entry === undefined
        ? [`sign: ${lineFor(session, 'sign', runbook.id, { role: signOff.role, name: 'NAME' })} (${signOff.statement})`]
        : [],
    );
  }
  return next === undefined ? [] : [personLine(session, runbook, next)];
}
