import { CLASS_MEANING, ROW_CLASSES } from '../model/booking-id.ts';
import { age, count, counted, duration, percent, utc } from '../model/format.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { causeById } from '../model/sync.ts';
import { fit, visible } from '../model/text.ts';
import type { Status } from './status.ts';

/** Columns of the first cell of a line. */
const NAME = 20;
/** Lines of a list that a person reads; the rest is counted. */
const LISTED = 12;

type Line = readonly [name: string | null, rows: number, ...notes: readonly string[]];

/** A value as a name: null and the empty text look different. */
const named = (value: string | null): string => (value === '' ? "''" : (value ?? '(null)'));

/** A list with aligned figures, cut after twelve lines. */
function list(title: string, lines: readonly Line[], ascii: boolean): readonly string[] {
  const shown = lines.slice(0, LISTED).map(([name, rows, ...notes]) => {
    const cells = [fit(named(name), NAME, { ascii }), count(rows).padStart(11), ...notes];
    return `  ${cells.join('  ')}`.trimEnd();
  });
  const rest = lines.length - shown.length;
  return ['', title, ...shown, ...(rest > 0 ? [`  and ${count(rest)} more`] : [])];
}

const share = (rows: number, total: number): string => (total === 0 ? '' : percent(rows / total).padStart(8));

function idLines({ total, classes, lines, byDesign, sources }: Snapshot, ascii: boolean): readonly string[] {
  const byClass: readonly Line[] = ROW_CLASSES.map((name) => [
    name,
    classes[name],
    share(classes[name], total),
    CLASS_MEANING[name].meaning,
  ]);
  const summary: readonly Line[] = [
    ['V1 in V1 column', lines.v1InV1Column],
    ['V2 uid in V2 column', lines.v2InV2Column],
    ['V1 in V2 column', lines.v1InV2Column],
    ['both present', lines.both],
    ['none', lines.none],
  ];
  const designed = byDesign > 0 ? ['', `${counted(byDesign, 'row')} numeric by design, counted as right`] : [];
  return [
    ...list(`Booking ids, ${counted(total, 'row')}`, byClass, ascii),
    ...designed,
    ...list('Overlapping: a row may count in several lines', summary, ascii),
    ...(sources === undefined
      ? ['', 'By source: needs column source']
      : list(
          'By source',
          sources.map(({ value, rows, withIds }) => [value, rows, `${count(withIds)} with ids`]),
          ascii,
        )),
  ];
}

function syncLines({ sync, latency, stuckPending, missing }: Snapshot, ascii: boolean): readonly string[] {
  const day = sync?.['24h'];
  if (day === undefined) {
    const needed = ['sync_origin', 'calcom_sync_status', 'created_at'].filter((name) =>
      missing.some((m) => m === name),
    );
    return ['', `Sync: needs column ${needed.join(', ')}`];
  }
  const hour = latency?.['1h'];
  const measured =
    hour?.average === undefined || hour.max === undefined
      ? 'latency: no sync verified in the last hour'
      : `latency: ${duration(hour.average)} on average, p95 ${duration(hour.p95 ?? hour.max)}, at most ${duration(hour.max)} in the last hour`;
  return [
    ...list(
      `Sync, ${counted(day.rows, 'row')} pushed in the last 24 h`,
      day.statuses.map(({ status, rows }) => [status, rows, share(rows, day.rows)]),
      ascii,
    ),
    `  ${measured}`,
    ...(stuckPending === undefined ? [] : [`  ${count(stuckPending)} pending for over 10 min, of any age and origin`]),
  ];
}

function reviewLines({ review, failedJobs }: Snapshot, ascii: boolean): readonly string[] {
  const jobs = failedJobs === undefined ? [] : ['', `Failed jobs: ${count(failedJobs)}`];
  if (review === undefined) return ['', 'Manual review: needs column requires_manual_review', ...jobs];
  const oldest = review.oldestSeconds === undefined ? '' : `, oldest ${age(review.oldestSeconds)}`;
  const errors: readonly Line[] = review.errors.map(({ code, cause, rows }) => [
    code,
    rows,
    causeById(cause)?.cause ?? 'unknown cause',
  ]);
  return [...list(`Manual review, ${counted(review.rows, 'row')}${oldest}`, errors, ascii), ...jobs];
}

/** `status` for people: stable plain text, one fact a line. */
export function statusText({ context, server, snapshot, verdict }: Status, ascii: boolean): string {
  const dot = ascii ? '-' : '·';
  const access = context.access === 'operate' ? 'OPERATE' : 'READ-ONLY';
  const { product, version, place } = server;
  const where = place === undefined ? [] : [place];
  const head = [context.name, context.environment.toUpperCase(), `${product} ${version}`, ...where, access];
  const reasons = verdict.alerts.map(({ text }) => text).join(` ${dot} `);
  return [
    `${head.map((part) => visible(part, ascii)).join('  ')}  ${utc(snapshot.takenAt)}`,
    `${verdict.word}  ${reasons}`.trimEnd(),
    ...idLines(snapshot, ascii),
    ...syncLines(snapshot, ascii),
    ...reviewLines(snapshot, ascii),
  ].join('\n');
}
