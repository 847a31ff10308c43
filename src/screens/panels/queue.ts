import { age, count, counted } from '../../model/format.ts';
import { causeById } from '../../model/sync.ts';
import type { AlertLevel } from '../../model/verdict.ts';
import { groupName } from '../ids-columns.ts';
import { LISTED_MOST, type Panel } from './fill.ts';
import { restLine } from './ids.ts';
import { type GridRow, grid, type Line, type Mark, type Paper, textLines, titleLine } from './line.ts';
import { markOf, needs, type Subject } from './subject.ts';

const NO_CODE = 'no code';

/** The manual-review queue by error, with what probably caused it, and the application's own queue. */
export function reviewPanel(subject: Subject, paper: Paper): Panel {
  const { snapshot, open } = subject;
  const { review } = snapshot;
  const jobs = jobLines(subject, paper);
  if (review === undefined) {
    const reason = needs(subject, 'requires_manual_review') ?? '';
    return {
      title: titleLine('review', 'Manual review', '', paper),
      lines: textLines('review', reason, paper),
      notes: jobs,
    };
  }
  const oldest = review.oldestSeconds === undefined ? '' : `, oldest ${age(review.oldestSeconds)}`;
  const title = titleLine('review', 'Manual review', `${count(review.rows)}${oldest}`, paper);
  // Rows in it wait for a person, whatever else is well.
  const level = markOf(subject, 'review-queue');
  const mark: Mark | undefined = level === 'target' ? 'person' : level;
  const { lines } = grid(
    [
      { priority: 1, least: 9, most: Math.max(11, paper.width - 28) },
      { priority: 2, align: 'right', least: 3 },
      { priority: 3, grows: true, least: 10 },
    ],
    review.errors.slice(0, LISTED_MOST).map(
      ({ code, cause, rows }): GridRow => ({
        key: `error ${JSON.stringify([code, cause])}`,
        open: open.rows(`review ${groupName(code, NO_CODE)}`, { inReview: true, errorCode: code, cause }),
        cells: [
          code === null ? { text: NO_CODE, tone: 'muted' } : groupName(code, NO_CODE),
          count(rows),
          { text: causeById(cause)?.cause ?? 'unknown cause', tone: 'muted' },
        ],
      }),
    ),
    paper,
  );
  return {
    title: { ...title, mark, open: open.screen('review') },
    lines: review.rows === 0 ? textLines('review', 'nobody has to look at anything', paper) : [],
    list: { lines, total: review.errors.length, rest: (hidden) => restLine('errors', hidden, 'errors', paper) },
    notes: jobs,
  };
}

/** Laravel's queue, where the database holds it. */
function jobLines(subject: Subject, paper: Paper): readonly Line[] {
  const { failedJobs, queuedJobs } = subject.snapshot;
  const words = [
    ...(failedJobs === undefined ? [] : [counted(failedJobs, 'failed job')]),
    ...(queuedJobs === undefined ? [] : [`${count(queuedJobs)} queued`]),
  ];
  if (words.length === 0) return [];
  const lines = textLines('jobs', words.join(` ${paper.theme.glyphs.dot} `), paper, 'plain');
  return lines.map((line, index) => (index === 0 ? { ...line, mark: markOf(subject, 'failed-jobs') } : line));
}

const LEVELS: readonly AlertLevel[] = ['immediate', 'warning', 'investigation'];

/** Every alert under its level. */
export function alertPanel(subject: Subject, paper: Paper): Panel {
  const { verdict, checks, open } = subject;
  const { alerts } = verdict;
  const openingOf = (id: string) => (checks.list.some((check) => check.id === id) ? open.check(id) : undefined);
  const levels = LEVELS.map((level) => `${count(alerts.filter((alert) => alert.level === level).length)} ${level}`);
  const { lines } = grid(
    [
      { priority: 2, least: 13 },
      { priority: 1, grows: true, least: 30 },
    ],
    alerts.map(({ level, id, text }, index) => ({
      key: `alert ${id}`,
      mark: markOf(subject, id),
      open: openingOf(id),
      cells: [{ text: alerts[index - 1]?.level === level ? '' : level, tone: 'muted' }, text],
    })),
    paper,
  );
  return {
    title: titleLine('alerts', 'Alerts', alerts.length === 0 ? '' : levels.join(` ${paper.theme.glyphs.dot} `), paper),
    lines: alerts.length === 0 ? textLines('alerts', 'none: every target is met', paper) : lines,
    optional: true,
  };
}
