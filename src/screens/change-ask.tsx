import { useState } from 'react';
import { standingOf } from '../changes/progress.ts';
import type { ChangesState } from '../changes/store-state.ts';
import { count } from '../model/format.ts';
import { begunView } from './change-run.tsx';
import { holderWords } from './change-run-lines.ts';
import { openRun } from './changes-lines.ts';
import { titleOf } from './changes-words.ts';
import { Dialog } from './components/dialog.tsx';
import type { Asked, Fact } from './components/dialog-parts.tsx';
import type { View } from './contract.ts';
import { useChanges, useConsole, useServices } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { placeIn } from './hooks/place.ts';
import { TextModel } from './keys/field.ts';

/** What a person wants of a run that is there already. */
export type Wish = 'resume' | 'cancel' | 'take over';

/** Asks before a run goes on, ends, or is taken from whoever holds it. */
export const askView = (wish: Wish): View => ({ title: wish, element: <Ask wish={wish} /> });

/** The capital letter of a confirmation that is more than Enter and less than a phrase. */
const YES = 'Y';

const TITLES: Readonly<Record<Wish, string>> = {
  resume: 'Resume the run',
  cancel: 'Cancel the run',
  'take over': 'Take over the run',
};
const GO: Readonly<Record<Wish, string>> = { resume: 'Resume', cancel: 'Cancel the run', 'take over': 'Take it over' };

const all = (state: ChangesState): ChangesState => state;

function Ask({ wish }: { wish: Wish }) {
  const console = useConsole();
  const services = useServices();
  const state = useChanges(all);
  const now = useDatabaseClock(true);
  const [yes] = useState(() => new TextModel(''));
  const [decision] = useState(() => new TextModel(''));
  // The run as it was when this was opened: nothing moves under a question.
  const [asked] = useState(() => ({ run: openRun(state), lease: state.lease, now }));
  const { run, lease } = asked;
  const shared = { title: TITLES[wish], place: placeIn(services), onCancel: () => void console.back() };
  if (run === undefined) {
    return <Dialog {...shared} facts={[{ text: 'no run is under way any more', tone: 'plain' }]} cancel="Close" />;
  }
  const standing = standingOf(run, lease);
  const { changes: store } = services;
  const facts: readonly Fact[] = [
    { text: `run ${run.id}, ${titleOf(state.kinds, run.change)}, is ${standing}`, tone: 'title' },
    ...(run.reason === undefined ? [] : [{ text: run.reason, tone: 'bad' } as const]),
    ...(lease === undefined ? [] : [{ text: `${holderWords(lease, asked.now)} holds it`, tone: 'plain' } as const]),
    { text: `${count(run.counts.changed)} of ${count(run.planned)} rows are changed`, tone: 'plain' },
    { text: MEANING[wish], tone: 'plain' },
  ];
  const why: Asked = { text: decision, label: 'why it may go on', required: true };
  const letter: Asked = { text: yes, exactly: YES, label: 'the letter', required: true };
  const go = () => {
    console.back();
    if (wish === 'cancel') return void cancel();
    if (store.getState().own !== undefined) return console.notify('this console changes the database already');
    const text = decision.getText().trim();
    store.resume(run, { takeOver: wish === 'take over', decision: text === '' ? undefined : text });
    console.open(begunView({ id: run.change, title: titleOf(state.kinds, run.change) }));
  };
  const cancel = async () => {
    const problem = await store.ask(run, 'cancel');
    const said = standing === 'running' ? `run ${run.id} ends at the end of its batch` : `run ${run.id} is cancelled`;
    console.notify(problem === undefined ? said : `${problem.message}: ${problem.remedy}`);
  };
  return (
    <Dialog
      {...shared}
      facts={facts}
      asked={[...(standing === 'halted' && wish !== 'cancel' ? [why] : []), ...(wish === 'resume' ? [] : [letter])]}
      cancel={wish === 'cancel' ? 'Keep it' : 'Cancel'}
      go={GO[wish]}
      onGo={go}
    />
  );
}

const MEANING: Readonly<Record<Wish, string>> = {
  resume: 'it goes on where the database says it is: no row is changed twice, and none is left out',
  cancel: 'what is done stays done, and can be rolled back; the rest is left as it is',
  'take over': 'whoever holds it can change nothing more; it goes on from here',
};
