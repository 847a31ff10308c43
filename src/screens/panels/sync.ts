import { count, counted, duration, percent } from '../../model/format.ts';
import type { OriginFigures, SyncFigures } from '../../model/snapshot.ts';
import { KNOWN_ORIGINS, PUSHED_ORIGINS, STUCK_AFTER_SECONDS } from '../../model/sync.ts';
import { WINDOW_SECONDS } from '../../model/windows.ts';
import { barText } from '../components/bar.tsx';
import { groupName } from '../ids-columns.ts';
import type { ListFilter } from '../rows.tsx';
import { LISTED_MOST, type Panel } from './fill.ts';
import { restLine } from './ids.ts';
import { latencyCells, latencyNote } from './latency.ts';
import {
  type Cell,
  type GridColumn,
  type GridRow,
  grid,
  type Line,
  type Mark,
  type Paper,
  textLines,
  titleLine,
} from './line.ts';
import { markOf, needs, type Subject, WINDOW_WORDS } from './subject.ts';
import { successTarget } from './targets.ts';
import { TREND, trend, trendTitle } from './trends.ts';

/** Opens the rows that a figure of the window counts. */
function openInWindow({ snapshot, window, open }: Subject, title: string, filter: ListFilter): () => void {
  const since = window === 'all' ? {} : { createdSince: snapshot.takenAt / 1000 - WINDOW_SECONDS[window] };
  return open.rows(`${title}, ${WINDOW_WORDS[window]}`, { ...filter, ...since });
}

/** Opens the rows that wait for longer than any queue should take. */
const openStuck = ({ snapshot, open }: Subject): (() => void) =>
  open.rows('stuck', { status: 'pending', initiatedBefore: snapshot.takenAt / 1000 - STUCK_AFTER_SECONDS });

/** Cells of a panel from which on its trend says how far back it goes. */
const ROOMY = 46;

const NO_STATUS = '(no status)';
const NO_ORIGIN = '(no origin)';

const muted = (text: string): Cell => ({ text, tone: 'muted' });

/** The columns without which nothing can be said of the sync's statuses. */
const lacking = (subject: Subject): string | undefined =>
  needs(subject, 'sync_origin', 'calcom_sync_status', 'created_at');

const rowsWith = ({ statuses }: SyncFigures, status: string): number =>
  statuses.find((entry) => entry.status === status)?.rows ?? 0;

/** The distribution and the latency of the window, each beside its target. */
export function syncPanel(subject: Subject, paper: Paper): Panel {
  const { snapshot, window, context, open } = subject;
  const titleText = `Sync, ${WINDOW_WORDS[window]}`;
  const figures = snapshot.sync?.[window];
  const limits = context.thresholds;
  const rows: GridRow[] = [];
  if (figures !== undefined && figures.rows > 0) {
    const share = (status: string) => rowsWith(figures, status) / figures.rows;
    const waiting = share('pending') + share('failed');
    const late: Mark | undefined = waiting > limits.pendingAndFailed ? 'target' : undefined;
    const least = successTarget(limits, window);
    const line = (status: 'synced' | 'pending' | 'failed', mark: Mark | undefined, target: string): GridRow => ({
      key: `sync ${status}`,
      mark,
      open: openInWindow(subject, status, { status, pushed: true }),
      cells: [status, percent(share(status)), trend(subject, paper, (sample) => sample[status]), muted(target)],
    });
    rows.push(
      line('synced', share('synced') < least ? 'target' : undefined, `> ${percent(least)}`),
      line('pending', late, 'both'),
      line('failed', late, `< ${percent(limits.pendingAndFailed)}`),
    );
    const others =
      figures.rows - ['synced', 'pending', 'failed'].reduce((sum, name) => sum + rowsWith(figures, name), 0);
    if (others > 0) {
      rows.push({
        key: 'sync others',
        open: open.screen('sync'),
        cells: ['others', percent(others / figures.rows), '', ''],
      });
    }
  }
  rows.push(...latencyCells(subject, paper));
  const stuck = snapshot.stuckPending;
  if (stuck !== undefined) {
    rows.push({
      key: 'stuck',
      mark: markOf(subject, 'stuck-pending'),
      open: openStuck(subject),
      cells: ['stuck', count(stuck), muted(`> ${duration(STUCK_AFTER_SECONDS)}`), muted(count(limits.stuckPending))],
    });
  }
  const roomy = paper.width >= ROOMY;
  const columns: readonly GridColumn[] = [
    { priority: 1, least: 11 },
    { priority: 2, align: 'right' },
    { priority: 4, least: TREND, grows: true, header: roomy ? trendTitle('trend', subject) : 'trend' },
    { priority: 3, align: 'right', header: 'target' },
  ];
  const { title, lines } = grid(columns, rows, paper);
  const none = `no rows pushed by ${PUSHED_ORIGINS.join(', ')}: t shows a longer window`;
  const reason = lacking(subject) ?? (figures?.rows === 0 ? none : undefined);
  const note = latencyNote(subject);
  return {
    title: rows.length === 0 ? titleLine('sync', titleText, '', paper) : title('sync', titleText),
    lines: [...(reason === undefined ? [] : textLines('sync', reason, paper)), ...lines],
    notes: note === undefined ? [] : textLines('latency', note, paper),
  };
}

/** Every status of the rows that the application pushed, with as many as there is room for. */
export function statusPanel(subject: Subject, paper: Paper): Panel {
  const { snapshot, window } = subject;
  const figures = snapshot.sync?.[window];
  if (figures === undefined || figures.rows === 0) {
    const reason = lacking(subject) ?? 'no rows pushed in this window';
    return { title: titleLine('statuses', 'By status', '', paper), lines: textLines('statuses', reason, paper) };
  }
  const remembered = (status: string | null): Cell =>
    status === 'synced' || status === 'pending' || status === 'failed'
      ? trend(subject, paper, (sample) => sample[status])
      : '';
  const { lines } = grid(
    [
      { priority: 1, least: 7, most: 22 },
      { priority: 2, align: 'right', least: 4 },
      { priority: 4, least: 5, grows: true },
      { priority: 5, least: TREND },
      { priority: 3, align: 'right' },
    ],
    figures.statuses.slice(0, LISTED_MOST).map(({ status, rows }) => ({
      key: `status ${JSON.stringify(status)}`,
      open: openInWindow(subject, `status ${groupName(status, NO_STATUS)}`, { status, pushed: true }),
      cells: [
        status === null ? muted(NO_STATUS) : groupName(status, NO_STATUS),
        count(rows),
        { text: (width) => barText(rows / figures.rows, width, paper.theme.glyphs), tone: 'plain' },
        remembered(status),
        muted(percent(rows / figures.rows)),
      ],
    })),
    paper,
  );
  return {
    title: titleLine('statuses', 'By status', `${counted(figures.rows, 'row')} pushed`, paper),
    lines: [],
    list: { lines, total: figures.statuses.length, rest: (hidden) => restLine('statuses', hidden, 'statuses', paper) },
    notes: stuckLines(subject, paper),
  };
}

/** Rows that wait for longer than any queue should take. */
function stuckLines(subject: Subject, paper: Paper): readonly Line[] {
  const stuck = subject.snapshot.stuckPending;
  if (stuck === undefined) return [];
  const words = `${count(stuck)} pending for over ${duration(STUCK_AFTER_SECONDS)}`;
  const mark = markOf(subject, 'stuck-pending');
  const open = openStuck(subject);
  return textLines('stuck', words, paper, 'plain').map((line, index) => (index === 0 ? { ...line, mark, open } : line));
}

/** How each origin of rows fares against the target. */
export function originPanel(subject: Subject, paper: Paper): Panel {
  const { snapshot, window } = subject;
  const titleText = `Sync by origin, ${WINDOW_WORDS[window]}`;
  const figures = snapshot.sync?.[window];
  if (figures === undefined || figures.origins.length === 0) {
    const reason = lacking(subject) ?? 'no rows were created in this window: t shows a longer one';
    return { title: titleLine('origins', titleText, '', paper), lines: textLines('origins', reason, paper) };
  }
  const { origins } = figures;
  const [pending, failed] = ['pending', 'failed'].map((status) => rowsWith(figures, status));
  const pushed = { rows: figures.rows, synced: figures.synced, pending: pending ?? 0, failed: failed ?? 0 };
  const { headers, lines } = grid(
    [
      { priority: 1, least: 9, most: 24 },
      { priority: 3, align: 'right', header: 'rows', least: 6 },
      { priority: 5, align: 'right', header: 'synced' },
      { priority: 4, align: 'right', header: 'pending' },
      { priority: 3, align: 'right', header: 'failed' },
      { priority: 6, align: 'right', header: 'other' },
      { priority: 8, least: TREND, grows: true },
      { priority: 2, align: 'right', header: 'success' },
      { priority: 7, align: 'right', header: 'target' },
    ],
    [
      {
        key: 'origins pushed',
        open: openInWindow(subject, 'all pushed', { pushed: true }),
        ...originCells(subject, paper, 'all pushed', pushed),
      },
      ...origins.slice(0, LISTED_MOST).map(
        ({ origin, ...own }): GridRow => ({
          key: `origin ${JSON.stringify(origin)}`,
          open: openInWindow(subject, `origin ${groupName(origin, NO_ORIGIN)}`, { origin }),
          ...originCells(
            subject,
            paper,
            groupName(origin, NO_ORIGIN),
            own,
            PUSHED_ORIGINS.some((name) => name === origin),
          ),
        }),
      ),
    ],
    paper,
  );
  const absent = KNOWN_ORIGINS.filter((name) => origins.every(({ origin }) => origin !== name));
  return {
    title: titleLine('origins', titleText, '', paper),
    lines: [headers('origin columns'), ...lines.slice(0, 1)],
    list: {
      lines: lines.slice(1),
      total: origins.length,
      rest: (hidden) => restLine('origins', hidden, 'origins', paper),
    },
    notes: absent.length === 0 ? [] : textLines('absent', `no rows of ${absent.join(', ')}`, paper),
  };
}

/** The cells of one origin, or of all together; what came from Cal.com has no success to speak of. */
function originCells(
  { window, context }: Subject,
  { theme }: Paper,
  name: string,
  { rows, synced, pending, failed }: Omit<OriginFigures, 'origin'>,
  isPushed = true,
): Pick<GridRow, 'cells' | 'mark'> {
  const figures = [synced, pending, failed, rows - synced - pending - failed];
  const cells = [name, count(rows), ...figures.map((value) => (value === 0 ? muted('0') : count(value)))];
  if (!isPushed || rows === 0) return { cells: [...cells, '', muted(isPushed ? 'no rows' : 'not pushed'), ''] };
  const least = successTarget(context.thresholds, window);
  const success = synced / rows;
  const bar: Cell = { text: (width) => barText(success, width, theme.glyphs), tone: 'plain' };
  return {
    mark: success < least ? 'target' : undefined,
    cells: [...cells, bar, percent(success), muted(`> ${percent(least)}`)],
  };
}
