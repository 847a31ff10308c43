import { useSize } from './hooks/console.ts';
import { checksPanel } from './panels/checks.ts';
import { emptyPanel } from './panels/empty.ts';
import type { Panel } from './panels/fill.ts';
import { idPanel, sourcePanel, summaryPanel } from './panels/ids.ts';
import type { Paper } from './panels/line.ts';
import { logPanel } from './panels/logs.ts';
import { Page, type Sheet, useSheet } from './panels/page.tsx';
import { alertPanel, reviewPanel } from './panels/queue.ts';
import type { Subject } from './panels/subject.ts';
import { syncPanel } from './panels/sync.ts';
import { trendPanel } from './panels/trends.ts';
import { useSubject } from './panels/use-subject.ts';
import { verdictLines } from './panels/verdict.ts';

/** Lines that the reasons of a verdict may take, by the height of the screen. */
const reasonLines = (rows: number): number => (rows < 9 ? 1 : rows < 19 ? 2 : 3);

type MakePanel = (subject: Subject, paper: Paper) => Panel;

/** By the number of columns, what each holds: the most important first. */
const PANELS: Readonly<Record<Sheet['columns'], readonly (readonly MakePanel[])[]>> = {
  1: [[idPanel, syncPanel, reviewPanel, sourcePanel, alertPanel, checksPanel, summaryPanel, trendPanel]],
  2: [
    [idPanel, sourcePanel, summaryPanel],
    [syncPanel, reviewPanel, checksPanel, alertPanel, trendPanel],
  ],
  3: [
    [idPanel, sourcePanel, summaryPanel],
    [syncPanel, trendPanel],
    [reviewPanel, checksPanel, alertPanel],
  ],
};

/** Logs stand behind the checks, where the config names any. */
const withLogs = (columns: readonly (readonly MakePanel[])[], there: boolean): readonly (readonly MakePanel[])[] =>
  columns.map((column) => column.flatMap((make) => (there && make === checksPanel ? [checksPanel, logPanel] : [make])));

/** Where every operator begins: what is true right now, in one look. */
export function Overview() {
  const subject = useSubject();
  const sheet = useSheet(3);
  const { rows } = useSize();
  const head = verdictLines(subject, sheet.wide, reasonLines(rows));
  const empty = subject.snapshot.total === 0;
  const panels = empty ? [[emptyPanel]] : withLogs(PANELS[sheet.columns], subject.logs.length > 0);
  const paper = empty ? sheet.wide : sheet.paper;
  return (
    <Page sheet={sheet} head={head} columns={panels.map((column) => column.map((make) => make(subject, paper)))} />
  );
}
