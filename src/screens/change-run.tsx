import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { ChangeKind } from '../changes/change.ts';
import { standingOf } from '../changes/progress.ts';
import type { ChangesState } from '../changes/store-state.ts';
import type { QueryOptions } from '../data/database.ts';
import type { Run } from '../model/run.ts';
import { fit } from '../model/text.ts';
import { PlanText } from './change-plan.tsx';
import { progressLines, runLines } from './change-run-lines.ts';
import { useChangeActions } from './changes-actions.tsx';
import { STANDING_TONES, titleOf } from './changes-words.ts';
import { Head } from './components/head.tsx';
import { TextList } from './components/text-list.tsx';
import type { View } from './contract.ts';
import { useAsked } from './hooks/asked.ts';
import { useChanges, useDisplay, useRoot, useServices, useSize, useTheme } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useKeys } from './hooks/keys.ts';

/** Rows that were set aside, of which a run's view shows so many. */
const ASIDE_ROWS = 200;

/** One run in full: how it goes or how it ended. */
export const runView = (id: number): View => ({ title: `run ${id}`, element: <RunById id={id} /> });

/** What was just begun here, up to its end. */
export const begunView = (kind: Pick<ChangeKind, 'id' | 'title'>): View => ({
  title: 'run',
  element: <Begun kind={kind} />,
});

const all = (state: ChangesState): ChangesState => state;

function RunById({ id }: { id: number }) {
  const theme = useTheme();
  const { columns } = useSize();
  const state = useChanges(all);
  const run = state.runs?.find((candidate) => candidate.id === id);
  if (run === undefined)
    return <Text {...theme.style('muted')}>{fit(' this run is no longer on record', columns)}</Text>;
  return <RunInFull run={run} state={state} />;
}

function Begun({ kind }: { kind: Pick<ChangeKind, 'id' | 'title'> }) {
  const theme = useTheme();
  const { columns } = useSize();
  const state = useChanges(all);
  const { own, ending } = state;
  const id = own?.run?.id ?? (own === undefined ? ending?.end?.run.id : undefined);
  // What is begun elsewhere later is none of this view's business.
  const [first, setFirst] = useState<number>();
  if (first === undefined && id !== undefined) setFirst(id);
  const line = (text: string) => fit(` ${text}`, columns, { ascii: theme.ascii });
  if (first !== undefined) return <RunById id={first} />;
  if (own !== undefined) {
    return (
      <Box flexDirection="column">
        <Text {...theme.style('title')}>{line(kind.title)}</Text>
        <Text {...theme.style('accent')}>
          {line('beginning: the gates are looked at again, the backup is proven, the intent is recorded')}
        </Text>
      </Box>
    );
  }
  const { problem } = ending ?? {};
  if (problem === undefined)
    return <Text {...theme.style('title')}>{line('there was nothing to do: nothing was changed')}</Text>;
  return (
    <PlanText
      change={ending?.change ?? kind.id}
      parameters={ending?.parameters ?? {}}
      note={`${problem.message}: ${problem.remedy}`}
    />
  );
}

function RunInFull({ run, state }: { run: Run; state: ChangesState }) {
  const theme = useTheme();
  const { draw } = useRoot();
  const { columns, rows } = useSize();
  const { localTime: local } = useDisplay();
  const standing = standingOf(run, state.lease);
  const now = useDatabaseClock(standing === 'running');
  const { changes: store } = useServices();
  const { kinds, lease } = state;
  const ask = ({ signal }: QueryOptions) => store.aside(run, ASIDE_ROWS, signal);
  const { answer: aside, problem, again } = useAsked(ask, 'refresh');
  useKeys([
    {
      id: 'refresh',
      keys: ['R'],
      title: 'Read the run again',
      run: () => {
        again();
        void store.reread();
      },
    },
  ]);
  useChangeActions({ back: run });
  const lines = useMemo(
    () =>
      runLines(run, { kinds, lease, aside: aside ?? [] }, { now, local }, { width: columns - 3, ascii: theme.ascii }),
    [run, kinds, lease, aside, now, local, columns, theme],
  );
  const head = [
    { text: `run ${run.id}  ${titleOf(kinds, run.change)}  ${standing}`, tone: STANDING_TONES[standing] },
    ...progressLines(run, state, columns - 2, { theme, pictures: !draw.screenReader }),
    ...(problem === undefined ? [] : [{ text: `${problem.message}: ${problem.remedy}`, tone: 'bad' as const }]),
  ].slice(0, Math.max(1, Math.min(5, rows - 4)));
  return (
    <Box flexDirection="column">
      <Head facts={head} />
      <TextList lines={lines} width={columns} height={Math.max(1, rows - head.length)} empty="" />
    </Box>
  );
}
