import {
  classOfRow,
  linesOfRow,
  ROW_CLASSES,
  type RowClass,
  type RowKinds,
  type SummaryLines,
  type ValueKind,
} from '../../model/booking-id.ts';
import type { KnownColumn } from '../../model/columns.ts';
import { keysOf } from '../../model/keys.ts';
import type { ClassesOf, Latency, MigrationState, ReviewFigures, Snapshot, SyncFigures } from '../../model/snapshot.ts';
import { PUSHED_ORIGINS } from '../../model/sync.ts';
import { WINDOWS, type Window } from '../../model/windows.ts';
import type { Row } from '../connection.ts';
import { IMPOSSIBLE, type Panel, SLOWEST } from './panels.ts';

/** What a snapshot is told beside the groups. */
export interface Surroundings {
  /** The server's clock in seconds since 1970 UTC. */
  readonly now: number;
  /** The panels that the query asked for. */
  readonly panels: readonly Panel[];
  readonly includesDeleted: boolean;
  readonly missing: readonly KnownColumn[];
  readonly failedJobs: number | undefined;
  readonly queuedJobs: number | undefined;
}

const number = (row: Row, name: string): number => Number(row[name] ?? 0);
const optional = (row: Row, name: string): number | undefined => {
  const value = row[name];
  return value === null || value === undefined ? undefined : Number(value);
};
const text = (row: Row, name: string): string | null => row[name] ?? null;

const KINDS: Readonly<Record<string, ValueKind>> = { null: 'null', v1: 'v1', uid: 'uid', ambiguous: 'ambiguous' };
const kind = (row: Row, name: string): ValueKind => KINDS[row[name] ?? ''] ?? 'ambiguous';

const kindsOf = (row: Row): RowKinds => ({
  v1: kind(row, 'v1'),
  v2: kind(row, 'v2'),
  equal: row.equal === '1',
  taken: row.taken === '1',
  byDesign: row.byDesign === '1',
});

/** Groups of one size come in one order on every engine, null last. */
const inOrder = (left: string | null, right: string | null): number => {
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? 1 : -1;
  return left < right ? -1 : 1;
};

/** Sums what each item yields, by key; largest first. */
function tally<Item, Key>(items: readonly Item[], key: (item: Item) => Key, size: (item: Item) => number) {
  const sums = new Map<Key, number>();
  for (const item of items) sums.set(key(item), (sums.get(key(item)) ?? 0) + size(item));
  return [...sums].sort(([a, left], [b, right]) => right - left || inOrder(String(a), String(b)));
}

const sum = <Item>(items: readonly Item[], size: (item: Item) => number): number =>
  items.reduce((total, item) => total + size(item), 0);

const rowsOf = (groups: readonly Row[]): number => sum(groups, (group) => number(group, 'n'));

function classesOf(groups: readonly Row[]): Record<RowClass, number> {
  const classes: Record<RowClass, number> = {
    none: 0,
    v1: 0,
    v2: 0,
    both: 0,
    misplaced: 0,
    duplicate: 0,
    conflict: 0,
    review: 0,
  };
  for (const group of groups) classes[classOfRow(kindsOf(group))] += number(group, 'n');
  return classes;
}

function linesOf(groups: readonly Row[]): SummaryLines {
  const total: Record<keyof SummaryLines, number> = {
    v1InV1Column: 0,
    v2InV2Column: 0,
    v1InV2Column: 0,
    both: 0,
    none: 0,
  };
  for (const group of groups) {
    const lines = linesOfRow(kindsOf(group));
    for (const line of keysOf(total)) total[line] += lines[line] * number(group, 'n');
  }
  return total;
}

/** Classes for each value of a dimension, most rows first. */
function breakdown(groups: readonly Row[], dimension: 'source' | 'tenant'): readonly ClassesOf[] {
  return [...Map.groupBy(groups, (group) => text(group, dimension))]
    .map(([value, own]) => ({
      value,
      rows: rowsOf(own),
      withIds: rowsOf(own.filter((group) => group.v1 !== 'null' || group.v2 !== 'null')),
      classes: classesOf(own),
    }))
    .sort((left, right) => right.rows - left.rows || inOrder(left.value, right.value));
}

/** The groups that a window covers: `dimension` holds the position of the narrowest window in WINDOWS. */
const within = (groups: readonly Row[], dimension: 'created' | 'initiated', window: Window): readonly Row[] =>
  groups.filter((group) => number(group, dimension) <= WINDOWS.indexOf(window));

function syncOf(groups: readonly Row[]): SyncFigures {
  const pushed = groups.filter((group) => PUSHED_ORIGINS.some((origin) => origin === group.origin));
  const withStatus = (own: readonly Row[], status: string) => rowsOf(own.filter((group) => group.status === status));
  const origins = [...Map.groupBy(groups, (group) => text(group, 'origin'))].map(([origin, own]) => ({
    origin,
    rows: rowsOf(own),
    synced: withStatus(own, 'synced'),
    pending: withStatus(own, 'pending'),
    failed: withStatus(own, 'failed'),
  }));
  return {
    rows: rowsOf(pushed),
    synced: withStatus(pushed, 'synced'),
    statuses: tally(
      pushed,
      (group) => text(group, 'status'),
      (group) => number(group, 'n'),
    ).map(([status, rows]) => ({ status, rows })),
    origins: origins.sort((left, right) => right.rows - left.rows || inOrder(left.origin, right.origin)),
  };
}

function latencyOf(groups: readonly Row[]): Latency {
  const measured = groups.filter((group) => (optional(group, 'latency') ?? IMPOSSIBLE) !== IMPOSSIBLE);
  const rows = rowsOf(measured);
  if (rows === 0) return { rows: 0, average: undefined, p95: undefined, max: undefined, histogram: [] };
  const max = Math.max(...measured.map((group) => number(group, 'latencyMax')));
  const histogram = tally(
    measured,
    (group) => number(group, 'latency'),
    (group) => number(group, 'n'),
  )
    .map(([bucket, size]) => ({ upTo: bucket === SLOWEST ? Math.ceil(max) : bucket, rows: size }))
    .sort((left, right) => left.upTo - right.upTo);
  let seen = 0;
  const p95 = histogram.find((bucket) => {
    seen += bucket.rows;
    return seen >= rows * 0.95;
  })?.upTo;
  return { rows, average: sum(measured, (group) => number(group, 'latencySum')) / rows, p95, max, histogram };
}

function reviewOf(groups: readonly Row[], now: number): ReviewFigures {
  const queue = groups.filter((group) => group.inReview === '1');
  const flagged = queue.flatMap((group) => optional(group, 'flaggedAt') ?? []);
  return {
    rows: rowsOf(queue),
    oldestSeconds: flagged.length === 0 ? undefined : Math.max(0, now - Math.min(...flagged)),
    errors: queue
      .map((group) => ({ code: text(group, 'code'), cause: text(group, 'cause'), rows: number(group, 'n') }))
      .sort(
        (left, right) => right.rows - left.rows || inOrder(left.code, right.code) || inOrder(left.cause, right.cause),
      ),
  };
}

function migrationOf(
  classes: Readonly<Record<RowClass, number>>,
  byDesign: number,
  hasBackup: boolean,
): MigrationState {
  if (hasBackup) return 'migrated';
  if (classes.misplaced + classes.duplicate > 0) return 'not-started';
  return byDesign > 0 ? 'by-design' : 'clean';
}

/** Turns the groups of `snapshotQuery` into the figures of every panel. */
export function figuresOf(groups: readonly Row[], around: Surroundings): Snapshot {
  const panels = Map.groupBy(groups, (group) => group.panel ?? '');
  const panel = (name: Panel): readonly Row[] | undefined =>
    around.panels.includes(name) ? (panels.get(name) ?? []) : undefined;
  const sources = panel('sources') ?? [];
  const [tenants, sync, latency, review] = [panel('tenants'), panel('sync'), panel('latency'), panel('review')];
  const byWindow = <Figures>(of: (window: Window) => Figures): Readonly<Record<Window, Figures>> => ({
    '1h': of('1h'),
    '24h': of('24h'),
    '7d': of('7d'),
    all: of('all'),
  });
  const classes = classesOf(sources);
  const designed = sources.filter((group) => kindsOf(group).byDesign && group.v2 === 'v1');
  const byDesign = rowsOf(designed);
  const has = (column: KnownColumn): boolean => !around.missing.includes(column);
  return {
    takenAt: around.now * 1000,
    total: sum(ROW_CLASSES, (name) => classes[name]),
    includesDeleted: around.includesDeleted,
    classes,
    lines: linesOf(sources),
    byDesign,
    sources: has('source') ? breakdown(sources, 'source') : undefined,
    tenants: tenants && breakdown(tenants, 'tenant'),
    sync: sync && byWindow((window) => syncOf(within(sync, 'created', window))),
    latency: latency && byWindow((window) => latencyOf(within(latency, 'initiated', window))),
    review: review && reviewOf(review, around.now),
    stuckPending:
      has('calcom_sync_status') && has('sync_initiated_at')
        ? sum(sources, (group) => number(group, 'stuck'))
        : undefined,
    failedJobs: around.failedJobs,
    queuedJobs: around.queuedJobs,
    migration: migrationOf(classes, byDesign, has('_migration_backup_v2_id')),
    missing: around.missing,
  };
}
