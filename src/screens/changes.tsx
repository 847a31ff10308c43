import { Box } from 'ink';
import { useEffect, useMemo, useRef, useState } from 'react';
import { standingOf } from '../changes/progress.ts';
import type { ChangesState } from '../changes/store-state.ts';
import type { LiveState } from '../live/store.ts';
import { count } from '../model/format.ts';
import { stamp } from '../model/time.ts';
import { type MigrationPhase, phaseOf } from '../rollback/phase.ts';
import { planView } from './change-plan.tsx';
import { runView } from './change-run.tsx';
import { holderWords, progressLines } from './change-run-lines.ts';
import { useChangeActions } from './changes-actions.tsx';
import { aboutLine, changeColumns, keyOfLine, type ListLine } from './changes-columns.ts';
import { changeLine, closedBecause, openRun } from './changes-lines.ts';
import { phaseWords, STANDING_TONES, titleOf } from './changes-words.ts';
import type { Fact } from './components/dialog-parts.tsx';
import { Head } from './components/head.tsx';
import { Table } from './components/table.tsx';
import type { Attention } from './contract.ts';
import {
  useChanges,
  useConsole,
  useDisplay,
  useLive,
  useRoot,
  useServices,
  useSize,
  useSnapshot,
  useTheme,
  useVisible,
} from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { useMigrationPhase } from './hooks/migration.ts';
import { type Sort, useArrayList } from './table/list.ts';

/** Rows of a table up to which it is looked at unasked: three looks take some 2 s of a server's time then. */
const UNASKED_ROWS = 100_000;

const all = (state: ChangesState): ChangesState => state;

/** Whether a run waits for a person's decision, or a cleanup for somebody to do it. */
export function changesNeedAttention({ snapshot }: LiveState, { changes, monitorHours }: Attention): boolean {
  const { runs, lease } = changes;
  if (snapshot === undefined || runs === undefined) return false;
  const phase = phaseOf(snapshot.migration, runs, monitorHours, snapshot.takenAt);
  if (phase.kind === 'cleanup-due') return true;
  if (phase.kind !== 'under-way') return false;
  const standing = standingOf(phase.run, lease);
  return standing === 'halted' || standing === 'interrupted';
}

/** Whether somebody works on a run, here or elsewhere. */
const isUnderWay = ({ runs, lease }: ChangesState): boolean =>
  runs?.some((run) => standingOf(run, lease) === 'running') ?? false;

/**
 * Looks at every change when somebody comes here and when a run or a decision makes other plans of them; not at a large
 * table unasked.
 */
function useLooks(state: ChangesState): void {
  const { own, runs, decisions, ending } = state;
  const { changes: store } = useServices();
  const visible = useVisible();
  const few = useSnapshot(({ total }) => total <= UNASKED_ROWS);
  const looked = useRef('');
  const quiet = own === undefined && !isUnderWay(state);
  const known = JSON.stringify([runs?.map((run) => [run.id, run.state]), decisions, ending?.at]);
  const occasion = visible && few && quiet && runs !== undefined ? known : undefined;
  useEffect(() => void store.load(), [store]);
  useEffect(() => {
    if (occasion === undefined || occasion === looked.current) return;
    looked.current = occasion;
    void store.lookAll();
  }, [store, occasion]);
}

/** What can be changed and in which state that is, what is being changed, and what was. */
export function Changes() {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows } = useSize();
  const { changes: store, context, live } = useServices();
  const server = useLive((current) => current.server);
  const state = useChanges(all);
  const now = useDatabaseClock(isUnderWay(state));
  useLooks(state);
  const looking = [...state.looks.values()].some((looked) => looked.looking);
  const refresh = () => {
    void store.lookAll();
    void store.reread();
    live.refresh();
    console.notify('every change is looked at again');
  };
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Look at every change again', run: refresh },
    ...(looking
      ? [{ id: 'cancel-looking', keys: ['escape'], title: 'Cancel the looks', run: () => store.cancelLooks() }]
      : []),
  ]);
  useChangeActions({ every: true });
  const filter = useFilter();
  const [sort, setSort] = useState<Sort>();
  const { kinds } = state;
  const columns = useMemo(
    () => changeColumns(kinds, { screen: width, now, glyphs: theme.glyphs }),
    [kinds, width, now, theme],
  );
  const items = useMemo((): readonly ListLine[] => {
    const ground = { context, server };
    return [
      ...(state.kinds ?? [])
        .filter(({ chosen }) => chosen === undefined)
        .map((kind): ListLine => ({ of: 'change', line: changeLine(kind, state, ground) })),
      ...(state.runs ?? []).map((run): ListLine => ({ of: 'run', run, lease: state.lease })),
    ];
  }, [state, context, server]);
  const list = useArrayList({ items, keyOf: keyOfLine, columns, filter, sort });
  const head = useHead(state).slice(0, Math.max(1, rows - 6));
  const sections = { change: 'Changes', run: `Runs ${count(state.runs?.length ?? 0)}` };
  return (
    <Box flexDirection="column">
      <Head facts={head} />
      <Table
        name="changes"
        list={list}
        columns={columns}
        width={width}
        height={Math.max(2, rows - head.length)}
        empty={state.kinds === undefined ? 'loading the changes' : ''}
        filter={filter}
        of={items.length}
        sort={sort}
        onSort={setSort}
        onOpen={(line) => console.open(line.of === 'change' ? planView(line.line.kind) : runView(line.run.id))}
        sectionOf={sort === undefined ? ({ of }) => sections[of] : undefined}
        about={aboutLine}
      />
    </Box>
  );
}

/** Where the migration stands, and the run under way: what one wants to know before anything else. */
function useHead(state: ChangesState): readonly Fact[] {
  const { draw, theme } = useRoot();
  const { columns } = useSize();
  const { localTime } = useDisplay();
  const { context } = useServices();
  const server = useLive((current) => current.server);
  const now = useDatabaseClock(isUnderWay(state));
  const phase = useMigrationPhase(now);
  const run = openRun(state);
  const { lease, problem } = state;
  const closed = closedBecause({ context, server });
  const { dot, alert } = theme.glyphs;
  const phaseText =
    phase === undefined ? 'not known yet' : `${phaseWords(phase, lease, now).text}${when(phase, localTime)}`;
  const nothing = state.runs?.length === 0 ? ` ${dot} no change was ever run here` : '';
  const standing = run && standingOf(run, lease);
  const held = lease === undefined ? '' : ` ${dot} ${holderWords(lease, now)}`;
  return [
    { text: `Migration  ${phaseText}${nothing}`, tone: 'title' },
    ...(problem === undefined
      ? []
      : [{ text: `${alert} ${problem.message}: ${problem.remedy}`, tone: 'bad' } as const]),
    ...(closed === undefined ? [] : [{ text: `${alert} ${closed.why}: ${closed.remedy}`, tone: 'warn' } as const]),
    ...(run === undefined || standing === undefined
      ? []
      : [
          {
            text: `run ${run.id}  ${titleOf(state.kinds, run.change)}  ${standing}${held}`,
            tone: STANDING_TONES[standing],
          } as const,
          ...progressLines(run, state, columns - 2, { theme, pictures: !draw.screenReader }),
        ]),
    ...(run !== undefined || lease === undefined
      ? []
      : [{ text: `${holderWords(lease, now)} holds this database`, tone: 'accent' } as const]),
  ];
}

/** The moment at which the phase ends. */
const when = (phase: MigrationPhase, local: boolean): string =>
  phase.kind === 'monitoring' ? `, from ${stamp(phase.until, local)} on` : '';
