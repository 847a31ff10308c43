import { useState } from 'react';
import type { ChangesState } from '../../changes/store-state.ts';
import { count } from '../../model/format.ts';
import type { RunbooksState } from '../../runbooks/console-state.ts';
import { stepsOf } from '../../runbooks/runbook.ts';
import { Dialog } from '../components/dialog.tsx';
import type { Fact } from '../components/dialog-parts.tsx';
import { useChanges, useConsoleState, useRoot, useRunbooks } from '../hooks/console.ts';
import { placeIn } from '../hooks/place.ts';

/** Milliseconds that a batch has to end: it takes 100 ms, and waits 5 s for a lock at the most. */
const PAUSE_MS = 10_000;

const plain = (text: string): Fact => ({ text, tone: 'plain' });

/** What is under way here, and what becomes of it when the console ends. */
interface UnderWay {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly go: string;
  /** Said while it is waited for. */
  readonly leaving: string;
}

function ofChange({ change, run }: NonNullable<ChangesState['own']>): UnderWay {
  const changed = run === undefined || run.total === 0 ? '' : `, ${count(run.counts.changed)} rows are changed`;
  const what = run === undefined ? `${change} is about to begin` : `run ${run.id} is under way${changed}`;
  // A change without batches looks at no row.
  const whole = run?.total === 0;
  return {
    title: 'A change is under way here',
    facts: [
      { text: what, tone: 'title' },
      plain(
        whole
          ? `it is done in one piece: leaving waits ${PAUSE_MS / 1000} s for its end, and breaks it off then`
          : 'leaving pauses it at the end of its batch: what is done stays done',
      ),
      plain('anyone can go on with it: 6 Changes, or apptop change resume'),
    ],
    go: whole ? 'Wait and leave' : 'Pause and leave',
    leaving: whole ? 'the run comes to its end' : 'the run pauses at the end of its batch',
  };
}

/** What leaving does to a step, by what it is. */
const STOPS = {
  command: 'leaving stops its program: what that has done stays done',
  check: 'leaving stops its checks, which change nothing',
  backup: 'leaving stops the making of the backup',
  change: 'leaving stops it before anything is changed',
  wait: 'leaving stops it',
  manual: 'leaving stops it',
} as const;

function ofStep({ key, step }: NonNullable<RunbooksState['own']>, { known }: RunbooksState): UnderWay {
  const { runbook } = known.get(key) ?? {};
  const work = runbook && stepsOf(runbook).find(({ id }) => id === step)?.work;
  return {
    title: 'A step is under way here',
    facts: [
      { text: `${step} is under way`, tone: 'title' },
      plain(STOPS[work?.kind ?? 'manual']),
      plain('it is on record that it was stopped, and anyone can do it again'),
    ],
    go: 'Stop it and leave',
    leaving: 'the step is stopped',
  };
}

const ENDED: UnderWay = {
  title: 'Nothing is under way here any more',
  facts: [{ text: 'it has ended meanwhile', tone: 'title' }],
  go: 'Leave',
  leaving: 'it has ended',
};

const all = (state: RunbooksState): RunbooksState => state;

/** Asks before the console ends while it changes the database or does a step: a run then pauses, a step is stopped. */
export function Leave() {
  const { model, services, quit } = useRoot();
  const own = useChanges((state) => state.own);
  const runbooks = useRunbooks(all);
  const code = useConsoleState((state) => state.leaving);
  const place = placeIn(services);
  const [leaving, setLeaving] = useState(false);
  const leave = async () => {
    setLeaving(true);
    await Promise.all([services.changes.leave(PAUSE_MS), services.runbooks.leave(PAUSE_MS)]);
    quit(code);
  };
  const what = own !== undefined ? ofChange(own) : runbooks.own === undefined ? ENDED : ofStep(runbooks.own, runbooks);
  if (leaving) {
    return (
      <Dialog
        title="Leaving"
        place={place}
        facts={[plain(what.leaving)]}
        cancel="Leave without waiting"
        onCancel={() => quit(code)}
      />
    );
  }
  return (
    <Dialog
      title={what.title}
      place={place}
      facts={what.facts}
      cancel="Stay"
      go={what.go}
      onGo={() => void leave()}
      onCancel={() => model.cover(undefined)}
      onInterrupt={() => void leave()}
    />
  );
}
