import { useMemo } from 'react';
import type { ChangesState } from '../../changes/store-state.ts';
import { checkAlerts, failuresNow } from '../../checks/alerts.ts';
import type { Check } from '../../checks/check.ts';
import type { ChecksState } from '../../checks/store.ts';
import type { LiveState } from '../../live/store.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { judge } from '../../model/verdict.ts';
import { asJudged } from '../../rollback/phase.ts';
import { phaseWords } from '../changes-words.ts';
import { checkView } from '../check.tsx';
import { useChanges, useChecks, useConsole, useDisplay, useLive, useServices, useSnapshot } from '../hooks/console.ts';
import { useLogs } from '../hooks/logs.ts';
import { useMigrationPhase } from '../hooks/migration.ts';
import { rowsView } from '../rows.tsx';
import type { Subject } from './subject.ts';

const all = (snapshot: Snapshot): Snapshot => snapshot;
const listOf = ({ checks }: ChecksState) => checks;
const knownOf = ({ known }: ChecksState) => known;
const receivedAtOf = ({ receivedAt }: LiveState) => receivedAt;
const leaseOf = ({ lease }: ChangesState) => lease;
const historyOf = ({ history }: LiveState) => history;

const NONE: readonly Check[] = [];

/** What the panels of a screen are drawn from; the same until a refresh or `t` changes it. */
export function useSubject(): Subject {
  const console = useConsole();
  const { context } = useServices();
  const { window } = useDisplay();
  const snapshot = useSnapshot(all);
  const history = useLive(historyOf);
  const list = useChecks(listOf) ?? NONE;
  const known = useChecks(knownOf);
  // The ages of results are as old as the figures: nothing is drawn for them alone.
  const now = useLive(receivedAtOf) ?? 0;
  const phase = useMigrationPhase(snapshot.takenAt);
  const lease = useChanges(leaseOf);
  const logs = useLogs();
  return useMemo(() => {
    const failures = failuresNow(list, known, snapshot, now);
    return {
      snapshot,
      verdict: judge(asJudged(snapshot, phase), context.thresholds, checkAlerts(failures, now)),
      checks: { list, known, failures, now },
      phase: phase && phaseWords(phase, lease, snapshot.takenAt),
      logs,
      history,
      window,
      context,
      open: {
        rows: (title, filter) => () => console.open(rowsView(title, filter)),
        screen: (id) => () => console.show(id),
        check: (id) => () => {
          console.show('checks');
          console.open(checkView(id));
        },
      },
    };
  }, [console, context, window, snapshot, history, list, known, now, phase, lease, logs]);
}
