import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import type { QueryOptions } from '../../data/database.ts';
import { all } from '../../data/queries/expressions.ts';
import { Aside } from '../../data/state/aside.ts';
import { runOf, selectRuns } from '../../data/state/runs.ts';
import { named } from '../../data/state/tables.ts';
import type { WritingSession } from '../../data/writing.ts';
import { counted } from '../../model/format.ts';
import type { Run } from '../../model/run.ts';
import type { Applied, BatchWork, Following, Ready, Stretch } from '../batch-work.ts';
import type { ChangeGround } from '../change.ts';
import {
  between,
  type Correlation,
  eventsAs,
  eventsByKey,
  inCalendar,
  keyText,
  lacking,
  lackingHere,
  withoutId,
} from './tables.ts';

/** Events that one look goes through at most, where few of them lack something. */
const WIDEST_LOOK = 50_000;
/** Milliseconds that one scan of the events may take. */
const SCAN_MS = 15 * 60_000;
/** After the first pass and one sweep, events that still appear are being written right now. */
const LAST_QUIET_PASS = 1;

/** One event that lacks its id or its state, and the key behind which it is the first such. */
interface EventItem {
  readonly after: string | undefined;
  readonly pk: string;
  /** Whether it has an id and lacks only its state. */
  readonly hasId: boolean;
}

/**
 * Gives events their correlation ids and states. A batch is two statements about a stretch of keys, whatever its size:
 * one UPDATE for the ids and one INSERT … SELECT for the states; on PostgreSQL one does both.
 */
export class BackfillWork implements BatchWork<EventItem> {
  readonly #ground: ChangeGround;
  readonly #correlation: Correlation;
  readonly #calendar: string | undefined;
  /** Events that the next look goes through. */
  #width = 0;

  constructor(ground: ChangeGround, correlation: Correlation, calendar: string | undefined) {
    this.#ground = ground;
    this.#correlation = correlation;
    this.#calendar = calendar;
  }

  async end(pass: number): Promise<string | undefined> {
    if (pass > 0 && (await this.left(1)) === 0) return undefined;
    const { database, options } = this.#ground;
    const key = sql.id('event', this.#correlation.id.name);
    const [last] = await database.query(
      sql`SELECT ${keyText(this.#correlation, this.#ground)} AS pk FROM ${eventsAs(this.#correlation)} ORDER BY ${key} DESC LIMIT 1`,
      options,
    );
    return last?.['pk'] ?? undefined;
  }

  /** How many events that are meant lack something, counted up to a limit. */
  async left(limit: number): Promise<number> {
    const { database, options } = this.#ground;
    const [row] = await database.query(
      sql`SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${eventsAs(this.#correlation)}
        WHERE ${all([this.#meant, lacking(this.#correlation)])} LIMIT ${sql.lit(limit)}) AS lacking`,
      { ...options, timeoutMs: SCAN_MS },
    );
    return Number(row?.['n']);
  }

  async read(_pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<EventItem>> {
    if (cursor === until) return { cursor: undefined, scanned: 0, items: [], counts: {} };
    const { database, options } = this.#ground;
    const width = Math.max(limit, this.#width);
    const edge = await this.#edge(cursor, until, width);
    const key = sql.id('event', this.#correlation.id.name);
    const rows = await database.query(
      sql`SELECT ${keyText(this.#correlation, this.#ground)} AS pk,
          CASE WHEN ${withoutId(this.#correlation, this.#ground)} THEN 0 ELSE 1 END AS has_id
        FROM ${eventsByKey(this.#correlation, this.#ground)}
        WHERE ${all([between(this.#correlation, this.#ground, cursor, edge), this.#meant, lackingHere(this.#correlation, this.#ground)])}
        ORDER BY ${key} LIMIT ${sql.lit(limit)}`,
      options,
    );
    const found = rows.map((row) => ({ pk: row['pk'] ?? '', hasId: row['has_id'] === '1' }));
    const full = found.length === limit;
    this.#width = Math.min(WIDEST_LOOK, full ? Math.ceil(width / 2) : width * 2);
    return {
      cursor: full ? found.at(-1)?.pk : edge,
      scanned: found.length,
      items: found.map((event, index) => ({ ...event, after: index === 0 ? cursor : found[index - 1]?.pk })),
      counts: {},
    };
  }

  keyOf({ pk }: EventItem): string {
    return pk;
  }

  ready(_run: Pick<Run, 'id' | 'pass'>, items: readonly EventItem[]): Ready {
    return { expected: { changed: items.length, raced: 0 }, apply: (session) => this.#apply(session, items) };
  }

  async #apply(session: WritingSession, items: readonly EventItem[]): Promise<Applied> {
    const [first, last] = [items[0], items.at(-1)];
    if (first === undefined || last === undefined) return { changed: 0, raced: 0 };
    const { ids, states, both } = this.statements;
    const stretch = between(this.#correlation, this.#ground, first.after, last.pk);
    const say = (statement: Expression) => session.execute(this.#ground.dialect.compile(statement));
    let changed = 0;
    if (both === undefined) {
      await say(ids(stretch));
      changed = await say(states(stretch));
    } else {
      changed = await say(both(stretch));
      if (items.some(({ hasId }) => hasId)) changed += await say(states(stretch));
    }
    return { changed, raced: Math.max(0, items.length - changed) };
  }

  /** The statements of a batch about the events for which a condition holds; `both` where one can do it all. */
  get statements() {
    const { id, correlation, touched, fills, states } = this.#correlation;
    const { writing } = this.#ground;
    const key = { kind: id.kind, value: sql.id('event', id.name) };
    const fresh = writing.schema.freshUuid(correlation, key, Date.now());
    if (fresh === undefined) throw new Error('the column holds no uuid');
    const kept = touched === undefined ? sql`` : sql`, ${sql.id(touched.name)} = ${sql.id(touched.name)}`;
    const events = eventsByKey(this.#correlation, this.#ground);
    const lacksId = withoutId(this.#correlation, this.#ground);
    const ids = (stretch: Expression) =>
      sql`UPDATE ${events} SET ${sql.id('correlation_id')} = ${fresh}${kept} WHERE ${all([stretch, this.#meant, lacksId])}`;
    const insert = sql`INSERT INTO ${named(states)} (${sql.join(fills.map(({ name }) => sql.id(name)))})
      SELECT ${sql.join(fills.map(({ value }) => value))}`;
    const inserted = (stretch: Expression) =>
      sql`${insert} FROM ${events} WHERE ${all([stretch, this.#meant, lackingHere(this.#correlation, this.#ground), sql`NOT (${lacksId})`])}`;
    const both = (stretch: Expression) => sql`WITH event AS (${ids(stretch)} RETURNING event.*) ${insert} FROM event`;
    return { ids, states: inserted, both: writing.changesFeedInserts ? both : undefined };
  }

  setAside(
    session: WritingSession,
    run: Pick<Run, 'id' | 'pass'>,
    { pk }: EventItem,
    reason: string,
  ): Promise<boolean> {
    const { dialect, context } = this.#ground;
    return new Aside(session, dialect, context.table).set(run, pk, reason);
  }

  following(pass: number, changed: number): Following {
    if (pass === 0) return 'again';
    if (changed === 0) return 'over';
    if (pass <= LAST_QUIET_PASS) return 'again';
    return { halt: `events are still being written without an id: ${counted(changed, 'event')} since the last sweep` };
  }

  /** Cursor and counts are committed with each batch: the run's own row is the record. */
  async recorded({ id }: Pick<Run, 'id'>, options: QueryOptions): Promise<number> {
    const { database, context } = this.#ground;
    const [row] = await database.query(selectRuns(context.table, 1, sql`id = ${id}`), options);
    return row === undefined ? 0 : runOf(row).counts.changed;
  }

  get #meant() {
    return inCalendar(this.#correlation, this.#ground, this.#calendar);
  }

  /** The key up to which a look goes through so many events. */
  async #edge(cursor: string | undefined, until: string, width: number): Promise<string> {
    const { database, options } = this.#ground;
    const [row] = await database.query(
      sql`SELECT ${keyText(this.#correlation, this.#ground)} AS pk FROM ${eventsByKey(this.#correlation, this.#ground)}
        WHERE ${between(this.#correlation, this.#ground, cursor, until)}
        ORDER BY ${sql.id('event', this.#correlation.id.name)} LIMIT 1 OFFSET ${sql.lit(width - 1)}`,
      options,
    );
    return row?.['pk'] ?? until;
  }
}
