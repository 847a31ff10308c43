import { sql } from 'kysely';
import type { KnownColumn } from '../../model/columns.ts';
import { keysOf } from '../../model/keys.ts';
import { SEARCHED_CHARACTERS, STUCK_AFTER_SECONDS } from '../../model/sync.ts';
import { WINDOW_SECONDS, WINDOWS } from '../../model/windows.ts';
import type { Dialect, Expression } from '../connection.ts';
import {
  all,
  causeIn,
  inScope,
  join,
  kindExpressions,
  reference,
  type Source,
  searchedText,
  tableOf,
} from './expressions.ts';
import { type Dimension, IMPOSSIBLE, isIn, PANELS, type Panel, SLOWEST } from './panels.ts';

/** What a snapshot is taken of. */
export interface Scope {
  readonly includesDeleted: boolean;
  /** Tenants make the grouping wider, so they are counted only while somebody looks. */
  readonly byTenant: boolean;
}

type Expressions<Name extends string> = Readonly<Record<Name, Expression | undefined>>;

/** Characters of a value that panels group by. */
const GROUPED_CHARACTERS = 255;

/** Those that the table's columns allow. */
const namesIn = <Name extends string>(expressions: Expressions<Name>): readonly Name[] =>
  keysOf(expressions).filter((name) => expressions[name] !== undefined);

const aliased = <Name extends string>(names: readonly Name[], expressions: Expressions<Name>) =>
  names.map((name) => sql`${expressions[name]} AS ${sql.id(name)}`);

/** Values as the next layers use them: kinds, short texts, moments in seconds. */
function plainExpressions(source: Source, scope: Scope) {
  const { dialect } = source;
  const having = (name: KnownColumn, express: (column: Expression) => Expression) => {
    const column = reference(source, name);
    return column && express(column);
  };
  const text = (name: KnownColumn) => having(name, (column) => dialect.shortText(column, GROUPED_CHARACTERS));
  const moment = (name: KnownColumn) => {
    const column = source.appointments.known.get(name);
    return column && dialect.epoch(column);
  };
  const inReview = having('requires_manual_review', (column) => dialect.truth(column));
  const ofReview = (value: Expression | undefined) =>
    inReview && value && sql`CASE WHEN ${inReview} = 1 THEN ${value} END`;
  const code = text('sync_error_code');
  const message = having('sync_error_message', (column) => dialect.shortText(column, SEARCHED_CHARACTERS));
  const errorTexts = [code ?? [], message ?? []].flat();
  return {
    ...kindExpressions(source),
    source: text('source'),
    tenant: scope.byTenant ? text('company_id') : undefined,
    origin: text('sync_origin'),
    status: text('calcom_sync_status'),
    createdAt: moment('created_at'),
    initiatedAt: moment('sync_initiated_at'),
    verifiedAt: moment('sync_verified_at'),
    inReview,
    flaggedAt: ofReview(moment('manual_review_flagged_at')),
    code: ofReview(code),
    errors: errorTexts.length === 0 ? undefined : ofReview(searchedText(source, errorTexts)),
  };
}

/**
 * The position in WINDOWS of the narrowest window that a moment falls into. The widest is asked for first: most rows are
 * older than all of them, and need one comparison.
 */
function windowOf(moment: Expression, now: number): Expression {
  const bounded = WINDOWS.slice(0, -1).map((window, index) => ({ since: now - WINDOW_SECONDS[window], index }));
  return bounded.reduce<Expression>(
    (narrower, { since, index }) =>
      sql`CASE WHEN ${moment} >= ${sql.lit(since)} THEN ${narrower} ELSE ${sql.lit(index + 1)} END`,
    sql.lit(0),
  );
}

/** The smallest bound that a latency stays within: whole seconds up to a minute, whole minutes up to an hour. */
function latencyBucket({ floor }: Dialect, latency: Expression): Expression {
  return sql`CASE WHEN ${latency} < 0 THEN ${sql.lit(IMPOSSIBLE)} WHEN ${latency} <= 60 THEN -${floor(sql`-(${latency})`)}
    WHEN ${latency} <= 3600 THEN -60 * ${floor(sql`-(${latency}) / 60`)}
    WHEN ${latency} > 3600 THEN ${sql.lit(SLOWEST)} END`;
}

/** What a row is grouped by and what is summed up of it, from the plain values. */
function groupedExpressions(source: Source, plain: ReturnType<typeof plainExpressions>, now: number) {
  const value = (name: keyof typeof plain) => (plain[name] === undefined ? undefined : sql.id(name));
  const [created, initiated, verified] = [value('createdAt'), value('initiatedAt'), value('verifiedAt')];
  const latency = initiated && verified && sql`(${verified} - ${initiated})`;
  const [status, errors] = [value('status'), value('errors')];
  const stuckSince = sql.lit(now - STUCK_AFTER_SECONDS);
  const dimensions: Expressions<Dimension> = {
    v1: value('v1'),
    v2: value('v2'),
    equal: value('equal'),
    taken: value('taken'),
    byDesign: value('byDesign'),
    source: value('source'),
    tenant: value('tenant'),
    origin: value('origin'),
    status,
    created: created && windowOf(created, now),
    initiated: initiated && windowOf(initiated, now),
    latency: latency && latencyBucket(source.dialect, latency),
    inReview: value('inReview'),
    code: value('code'),
    cause: errors && sql`CASE WHEN ${errors} IS NOT NULL THEN ${causeIn(source, errors)} END`,
  };
  const measures = {
    latencySum: latency,
    latencyMax: latency,
    stuck:
      status && initiated && sql`CASE WHEN ${status} = 'pending' AND ${initiated} < ${stuckSince} THEN 1 ELSE 0 END`,
    flaggedAt: value('flaggedAt'),
  };
  return { dimensions, measures };
}

const AGGREGATES = { latencySum: sql`SUM`, latencyMax: sql`MAX`, stuck: sql`SUM`, flaggedAt: sql`MIN` };

/** Which panels the table's columns allow. */
export function panelsFor({ appointments }: Source, scope: Scope): readonly Panel[] {
  const has = (...names: KnownColumn[]) => names.every((name) => appointments.known.has(name));
  const possible: Readonly<Record<Panel, boolean>> = {
    sources: true,
    tenants: scope.byTenant && has('company_id'),
    sync: has('sync_origin', 'calcom_sync_status', 'created_at'),
    latency: has('sync_initiated_at', 'sync_verified_at'),
    review: has('requires_manual_review'),
  };
  return keysOf(PANELS).filter((panel) => possible[panel]);
}

/**
 * One scan of the table for all panels, in four layers: plain values, what they are grouped by, the groups of all
 * dimensions together, and those few groups folded for each panel apart. A UNION of one query for each panel would
 * scan the table as often as there are panels.
 * @param now the server's clock in seconds since 1970 UTC
 */
export function groupingQuery(source: Source, scope: Scope, now: number): Expression {
  const panels = panelsFor(source, scope);
  const plain = plainExpressions(source, scope);
  const { dimensions, measures } = groupedExpressions(source, plain, now);
  const grouped = namesIn(dimensions).filter((name) => panels.some((panel) => isIn(panel, name)));
  const measured = namesIn(measures);
  const columns = grouped.map((name) => sql.id(name));
  const aggregated = measured.map((name) => sql`${AGGREGATES[name]}(${sql.id(name)}) AS ${sql.id(name)}`);
  const folded = grouped.map((name) => {
    const using = panels.filter((panel) => isIn(panel, name)).map((panel) => sql.lit(panel));
    return sql`CASE WHEN panel IN (${join(using)}) THEN ${sql.id(name)} END AS ${sql.id(name)}`;
  });
  const positions = [...Array(grouped.length + 1).keys()].map((index) => sql.lit(index + 1));
  return sql`SELECT ${join([sql`panel`, ...folded, sql`SUM(n) AS n`, ...aggregated])}
    FROM (SELECT ${join([...columns, sql`COUNT(*) AS n`, ...aggregated])}
      FROM (SELECT ${join([...aliased(grouped, dimensions), ...aliased(measured, measures)])}
        FROM (SELECT ${join(aliased(namesIn(plain), plain))} FROM ${tableOf(source)}
          WHERE ${all(inScope(source, scope.includesDeleted))} ${source.dialect.computeOnce()}) AS plain) AS narrow
      GROUP BY ${join(columns)}) AS grouped
    CROSS JOIN (${join(
      panels.map((panel) => sql`SELECT ${sql.lit(panel)} AS panel`),
      sql` UNION ALL `,
    )}) AS panels
    GROUP BY ${join(positions)}`;
}
