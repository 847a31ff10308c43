import { useState } from 'react';
import { count } from '../../model/format.ts';
import { Dialog } from '../components/dialog.tsx';
import { useChanges, useConsoleState, useRoot, useRunbooks } from '../hooks/console.ts';
import { placeIn } from '../hooks/place.ts';

/** Milliseconds that a batch has to end: it takes 100 ms, and waits 5 s for a lock at the most. */
const PAUSE_MS = 10_000;

/** Asks before the console ends while it changes the database: the run then pauses at the end of its batch. */
export function Leave() {
  const { model, services, quit } = useRoot();
  const own = useChanges((state) => state.own);
  const step = useRunbooks((state) => state.own);
  const code = useConsoleState((state) => state.leaving);
  const place = placeIn(services);
  const [leaving, setLeaving] = useState(false);
  const leave = async () => {
    setLeaving(true);
    await Promise.all([services.changes.leave(PAUSE_MS), services.runbooks.leave(PAUSE_MS)]);
    quit(code);
  };
  const what =
    own?.run === undefined ? `${own?.change ?? 'a change'} is about to begin` : `run ${own.run.id} is under way`;
  const changed = own?.run === undefined ? '' : `, ${count(own.run.counts.changed)} rows are changed`;
  if (own === undefined && step !== undefined && !leaving) {
    return (
      <Dialog
        title="A step is under way here"
        place={place}
        facts={[
          { text: `${step.step} is under way`, tone: 'title' },
          { text: 'leaving stops it: it is on record that it was stopped, and anyone can do it again', tone: 'plain' },
        ]}
        cancel="Stay"
        go="Stop it and leave"
        onGo={() => void leave()}
        onCancel={() => model.cover(undefined)}
        onInterrupt={() => void leave()}
      />
    );
  }
  if (leaving) {
    return (
      <Dialog
        title="Leaving"
        place={place}
        facts={[
          { text: own === undefined ? 'the step is stopped' : 'the run pauses at the end of its batch', tone: 'plain' },
        ]}
        cancel="Leave without waiting"
        onCancel={() => quit(code)}
      />
    );
  }
  return (
    <Dialog
      title="A change is under way here"
      place={place}
      facts={[
        { text: own === undefined ? 'it has ended meanwhile' : `${what}${changed}`, tone: 'title' },
        { text: 'leaving pauses it at the end of its batch: what is done stays done', tone: 'plain' },
        { text: 'anyone can go on with it: 6 Changes, or apptop change resume', tone: 'plain' },
      ]}
      cancel="Stay"
      go={own === undefined ? 'Leave' : 'Pause and leave'}
      onGo={() => void leave()}
      onCancel={() => model.cover(undefined)}
      onInterrupt={() => void leave()}
    />
  );
}
