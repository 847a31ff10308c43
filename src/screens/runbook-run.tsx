import { Box, Text } from 'ink';
import { useEffect, useMemo, useRef, useState } from 'react';
import { isOpenRun, type RunbookRun } from '../model/runbook-run.ts';
import { fit } from '../model/text.ts';
import { type KnownRun, type RunbooksState, type RunKey, runKeyOf } from '../runbooks/console-state.ts';
import type { ListedRun } from '../runbooks/engine.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import { planOf, type Standing, type StepStanding } from '../runbooks/standing.ts';
import { stateWord, wordText } from '../runbooks/telling.ts';
import { prose } from './check-text.ts';
import type { Fact } from './components/dialog-parts.tsx';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import { TextList } from './components/text-list.tsx';
import type { View } from './contract.ts';
import { useConsole, useDisplay, useRunbooks, useServices, useSize, useTheme, useVisible } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { useLogs } from './hooks/logs.ts';
import { useNow } from './hooks/now.ts';
import { useFreshRunbooks } from './hooks/runbooks.ts';
import { beginBinding, stepBindings, wordBindings } from './runbook-actions.ts';
import { historyLines, signLines, stepLines, stopLines } from './runbook-lines.ts';
import { endedWords, nextWords, RUN_TONES, STEP_TONES, shareOf, stepMark } from './runbooks-words.ts';
import type { TableColumn } from './table/columns.ts';
import { useArrayList } from './table/list.ts';
import type { Theme } from './theme.ts';

const all = (state: RunbooksState): RunbooksState => state;

/** The open run of a runbook: the one that can be gone on with here before any other. */
export function knownOpen({ known }: RunbooksState, runbook: string): KnownRun | undefined {
  const open = [...known.values()].filter(({ record: { run } }) => run.runbook === runbook && isOpenRun(run));
  return open.find(({ closed }) => closed === undefined) ?? open[0];
}

/** The newest run of a runbook where that has ended. */
export function lastEnded({ runs }: RunbooksState, runbook: string): RunbookRun | undefined {
  const newest = runs?.find(({ run }) => run.runbook === runbook)?.run;
  return newest !== undefined && isOpenRun(newest) ? undefined : newest;
}

/** A runbook as its file says it; undefined where there is none. */
function fileOf({ found }: RunbooksState, id: string): Runbook | undefined {
  const one = found?.find((candidate) => candidate.id === id);
  return one !== undefined && 'runbook' in one ? one.runbook : undefined;
}

/** A runbook with its open run, or as it would be begun. */
export const runbookView = (id: string): View => ({ title: id, element: <ById id={id} /> });

/** One run, whatever its state. */
export const runView = (listed: ListedRun): View => ({
  title: `run ${listed.run.id}`,
  element: <ByKey of={runKeyOf(listed)} />,
});

function ById({ id }: { id: string }) {
  const state = useRunbooks(all);
  const known = knownOpen(state, id);
  // What has ended stays on screen: a signature or an abort was the last thing that a person did here.
  const [last, setLast] = useState<RunKey>();
  if (known !== undefined && known.key !== last) setLast(known.key);
  const shown = known ?? (last && state.known.get(last));
  const runbook = fileOf(state, id);
  // A run that is begun is the open one from then on.
  return <RunOrPlan known={shown} runbook={runbook} ended={lastEnded(state, id)} onBegun={() => undefined} />;
}

function ByKey({ of }: { of: RunKey }) {
  const { runbooks } = useServices();
  const console = useConsole();
  const seen = useRef(true);
  const visible = useVisible();
  useEffect(() => {
    seen.current = visible;
  });
  const state = useRunbooks(all);
  const known = state.known.get(of);
  useEffect(() => void runbooks.look(of), [runbooks, of]);
  const onBegun = (begun: ListedRun) => {
    // Whoever went elsewhere meanwhile stays there.
    if (!seen.current) return;
    console.back();
    console.open(runView(begun));
  };
  // What was kept of a run that has ended is shown; another one is begun by what the file says now.
  const runbook = known && fileOf(state, known.record.run.runbook);
  return <RunOrPlan known={known} runbook={runbook} ended={undefined} onBegun={onBegun} />;
}

const stepKey = ({ step }: StepStanding): string => step.id;
const phaseOf = ({ phase }: StepStanding): string => phase.title;
const NO_STEPS: readonly StepStanding[] = [];

function columnsFor(
  width: number,
  run: Pick<RunbookRun, 'state'>,
  { glyphs }: Theme,
): readonly TableColumn<StepStanding>[] {
  return [
    {
      id: 'state',
      title: 'state',
      width: isOpenRun(run) ? 9 : 10,
      priority: 2,
      value: (standing) => stateWord(standing, run),
      shown: (standing) => `${stepMark(stateWord(standing, run), glyphs)} ${stateWord(standing, run)}`,
      tone: (standing) => STEP_TONES[stateWord(standing, run)],
    },
    {
      id: 'step',
      title: 'step',
      width: width < 60 ? 24 : Math.max(30, Math.floor(width * 0.45)),
      priority: 1,
      value: ({ step }) => `${step.title}${step.optional ? ' (optional)' : ''}`,
    },
    {
      id: 'about',
      title: 'what it does, what came of it',
      width: 20,
      priority: 3,
      grows: true,
      value: (standing) => wordText(standing, run),
    },
  ];
}

const FEW_ROWS = 16;

const linesOf = ({ text, tone }: Fact, width: number, { ascii }: Theme): readonly Fact[] =>
  prose(text, width, ascii).map((line) => ({ text: line, tone }));

interface RunOrPlanProps {
  readonly known: KnownRun | undefined;
  readonly runbook: Runbook | undefined;
  /** The newest run, where none is under way and none is shown. */
  readonly ended: RunbookRun | undefined;
  readonly onBegun: (begun: ListedRun) => void;
}

function RunOrPlan({ known, runbook, ended, onBegun }: RunOrPlanProps) {
  const theme = useTheme();
  const services = useServices();
  const { columns: width, rows } = useSize();
  const { localTime: local } = useDisplay();
  const { problem, own } = useRunbooks(all);
  useFreshRunbooks();
  const now = useNow(own === undefined ? 60 : 1);
  const [pane, setPane] = useState('steps');
  const shown = known?.runbook ?? runbook;
  const standing = useMemo(
    () => known?.looked?.standing ?? (shown && known === undefined ? planOf(shown) : undefined),
    [known, shown],
  );
  useKeys([
    {
      id: 'refresh',
      keys: ['R'],
      title: 'Read the run again',
      run: () => {
        void services.runbooks.reread();
        if (known !== undefined) void services.runbooks.look(known.key);
      },
    },
  ]);
  const databaseNow = useDatabaseClock();
  const working =
    own === undefined ? undefined : `${own.step} is under way here for ${Math.floor((now - own.since) / 1000)} s`;
  const facts = headOf({
    known,
    shown,
    standing,
    ended,
    now: databaseNow,
    problem,
    working: own?.key === known?.key ? working : undefined,
  });
  // Where there are few lines each fact has one of them.
  const few = rows < FEW_ROWS;
  const head = (few ? facts : facts.flatMap((fact) => linesOf(fact, width - 2, theme))).slice(
    0,
    Math.max(1, few ? Math.min(3, rows - 7) : Math.floor(rows / 3)),
  );
  const height = Math.max(2, rows - head.length - 1);
  const text = { width: width - 3, theme, local };
  const entries = known?.record.entries.length ?? 0;
  const steps = <Steps standing={standing} known={known} width={width} height={height} />;
  const list = (lines: ReturnType<typeof historyLines>, empty: string) => (
    <TextList lines={lines} width={width} height={height} empty={empty} />
  );
  const stopped = known?.record.run.state === 'stopped';
  const panes = [
    { id: 'steps', title: 'Steps', element: steps },
    {
      id: 'stop',
      title: stopped ? `STOP${theme.glyphs.attention}` : 'Stop',
      element: list(stopLines(shown, known, text), 'nothing of it stops the world'),
    },
    { id: 'sign', title: 'Sign-off', element: list(signLines(shown, known, text), 'nobody has to sign') },
    {
      id: 'history',
      title: `History ${entries}`,
      element: list(historyLines(known, text), 'nothing has happened yet'),
    },
  ];
  return (
    <Box flexDirection="column">
      {head.map(({ text: line, tone }) => (
        <Text key={line} wrap="truncate" {...theme.style(tone)}>
          {fit(` ${line}`, width, { ascii: theme.ascii })}
        </Text>
      ))}
      <Words known={known} runbook={runbook} onBegun={onBegun} />
      <Panes panes={panes} current={pane} onChange={setPane} columns={width} />
    </Box>
  );
}

/** What people say about a run: a component of its own, drawn before the panes, so that the menu has it after the steps. */
function Words({ known, runbook, onBegun }: Omit<RunOrPlanProps, 'ended'>) {
  const around = { services: useServices(), console: useConsole() };
  const open = known !== undefined && isOpenRun(known.record.run);
  useKeys([...beginBinding(around, runbook, open, onBegun), ...wordBindings(around, known)]);
  return null;
}

interface Head {
  readonly known: KnownRun | undefined;
  readonly shown: Runbook | undefined;
  readonly standing: Standing | undefined;
  readonly ended: RunbookRun | undefined;
  /** By the database's clock. */
  readonly now: number;
  readonly problem: RunbooksState['problem'];
  readonly working: string | undefined;
}

/** Where we are, what is next, what blocks. */
function headOf({ known, shown, standing, ended, now, problem, working }: Head): readonly Fact[] {
  const failed: readonly Fact[] =
    problem === undefined ? [] : [{ text: `${problem.message}: ${problem.remedy}`, tone: 'bad' }];
  if (known === undefined) {
    if (shown === undefined) return [...failed, { text: 'reading the run', tone: 'muted' }];
    const where = shown.environments === undefined ? '' : ` Only for ${shown.environments.join(' and ')}.`;
    return [
      {
        text: `${shown.title}: ${ended === undefined ? 'not begun, m begins a run' : 'no run is under way, m begins one'}`,
        tone: 'title',
      },
      ...(ended === undefined ? [] : [{ text: endedWords(ended, now), tone: 'plain' } as const]),
      ...failed,
      { text: `${shown.purpose}${where}`, tone: 'plain' },
    ];
  }
  const { record, looked, closed } = known;
  const { run } = record;
  const share = standing === undefined ? '' : `, ${shareOf(standing)}`;
  const next = standing === undefined ? '' : nextWords(standing);
  const reason: readonly Fact[] =
    run.reason === undefined
      ? []
      : [
          {
            text: run.state === 'stopped' ? `STOP: ${run.reason}` : run.reason,
            tone: run.state === 'stopped' ? 'bad' : 'plain',
          },
        ];
  const todo: readonly Fact[] =
    run.state === 'stopped'
      ? [{ text: 'halt, assess, decide, execute, document: Tab shows STOP, m has the decision', tone: 'bad' }]
      : next === ''
        ? []
        : [{ text: next, tone: standing?.next?.state === 'failed' ? 'bad' : 'accent' }];
  return [
    { text: `run ${run.id} ${run.state}${share}  ${run.title}`, tone: RUN_TONES[run.state] },
    ...reason,
    ...(working === undefined ? [] : [{ text: working, tone: 'warn' } as const]),
    ...todo,
    ...failed,
    ...(closed === undefined || !isOpenRun(run) ? [] : [{ text: closed, tone: 'warn' } as const]),
    ...(looked?.notes ?? []).map((text): Fact => ({ text, tone: 'warn' })),
  ];
}

interface StepsProps {
  readonly standing: Standing | undefined;
  readonly known: KnownRun | undefined;
  readonly width: number;
  readonly height: number;
}

function Steps({ standing, known, width, height }: StepsProps) {
  const theme = useTheme();
  const console = useConsole();
  const services = useServices();
  const filter = useFilter();
  const run = standing?.record.run.state ?? 'running';
  const columns = useMemo(() => columnsFor(width, { state: run }, theme), [width, run, theme]);
  const items = standing?.steps ?? NO_STEPS;
  const list = useArrayList({ items, keyOf: stepKey, columns, filter });
  return (
    <Table
      name="steps"
      list={list}
      columns={columns}
      width={width}
      height={height}
      empty={
        known === undefined ? 'reading the run' : 'what the run was made of can not be read: Tab shows its history'
      }
      filter={filter}
      of={items.length}
      onOpen={({ step }) => console.open(stepView(step.id, known?.key, standing))}
      sectionOf={phaseOf}
      about={(one) => [one.step.id, wordText(one, { state: run })].filter(Boolean).join(': ')}
      actions={(selected) => stepBindings({ services, console }, known, selected)}
    />
  );
}

/** One step in full: what it will do, what it needs, what was tried. */
const stepView = (id: string, key: RunKey | undefined, plan: Standing | undefined): View => ({
  title: id,
  element: <StepInFull id={id} of={key} plan={plan} />,
});

function StepInFull({ id, of, plan }: { id: string; of: RunKey | undefined; plan: Standing | undefined }) {
  const theme = useTheme();
  const console = useConsole();
  const services = useServices();
  const { columns: width, rows } = useSize();
  const { localTime: local } = useDisplay();
  const state = useRunbooks(all);
  const known = of && state.known.get(of);
  const whole = known?.looked?.standing ?? plan;
  const standing = whole?.steps.find(({ step }) => step.id === id);
  const { checks } = services.checks.getState();
  useEffect(() => void services.checks.load(), [services]);
  useKeys(stepBindings({ services, console }, known, standing));
  const { logs: watched } = services.context.checks;
  const logs = useLogs();
  const lines = useMemo(
    () =>
      whole === undefined || standing === undefined
        ? []
        : stepLines(
            standing,
            { run: whole.record.run, checks: checks ?? [], watched, logs },
            { width: width - 3, theme, local },
          ),
    [whole, standing, checks, watched, logs, width, theme, local],
  );
  return <TextList lines={lines} width={width} height={rows} empty="this step is no longer there" />;
}
