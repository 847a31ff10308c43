import { useMemo } from 'react';
import type { LiveState } from '../../live/store.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { judge } from '../../model/verdict.ts';
import { useConsole, useDisplay, useLive, useServices, useSnapshot } from '../hooks/console.ts';
import { rowsView } from '../rows.tsx';
import type { Subject } from './subject.ts';

const all = (snapshot: Snapshot): Snapshot => snapshot;
const historyOf = ({ history }: LiveState) => history;

/** What the panels of a screen are drawn from; the same until a refresh or `t` changes it. */
export function useSubject(): Subject {
  const console = useConsole();
  const { context } = useServices();
  const { window } = useDisplay();
  const snapshot = useSnapshot(all);
  const history = useLive(historyOf);
  return useMemo(
    () => ({
      snapshot,
      verdict: judge(snapshot, context.thresholds),
      history,
      window,
      context,
      open: {
        rows: (title, filter) => () => console.open(rowsView(title, filter)),
        screen: (id) => () => console.show(id),
      },
    }),
    [console, context, window, snapshot, history],
  );
}
