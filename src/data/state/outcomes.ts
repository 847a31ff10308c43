import { sql } from 'kysely';
import { type KeptOutcome, type NotedOutcome, OUTCOMES, type Outcome } from '../../model/review.ts';
import type { Column, Dialect, Expression, Row, TableName } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { all, join } from '../queries/expressions.ts';
import type { WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named, stateTable } from './tables.ts';

/** Characters of a detail that are kept: the first lines of an error. */
const DETAIL_CHARACTERS = 2_000;

/** Lines of one INSERT: five parameters each, of the 32,766 that SQLite takes. */
const CHUNK = 1_000;

const outcomeTable = (appointments: TableName): Expression => named(stateTable(appointments, 'apptop_outcome'));
const runTable = (appointments: TableName): Expression => named(stateTable(appointments, 'apptop_run'));

function* chunks<Value>(values: readonly Value[]): Generator<readonly Value[]> {
  for (let from = 0; from < values.length; from += CHUNK) yield values.slice(from, from + CHUNK);
}

/** What became of rows, written through one writing session. */
export class Outcomes {
  readonly #speaker: Speaker;
  readonly #table: Expression;
  readonly #id: Column;

  constructor(
    session: WritingSession,
    dialect: Dialect,
    { table, id }: { readonly table: TableName; readonly id: Column },
  ) {
    this.#speaker = new Speaker(session, dialect);
    this.#table = outcomeTable(table);
    this.#id = id;
  }

  /** Inside a transaction: notes what a run made of rows, in place of what it had noted about them before. */
  async note(run: number, outcomes: readonly NotedOutcome[]): Promise<void> {
    const { dialect } = this.#speaker;
    for (const chunk of chunks(outcomes)) {
      const keys = chunk.map(({ pk }) => dialect.parameter(this.#id, pk));
      await this.#speaker.execute(
        sql`DELETE FROM ${this.#table} WHERE ${all([sql`run = ${run}`, sql`pk IN (${join(keys)})`])}`,
      );
      const lines = chunk.map(({ pk, outcome, detail, seen }) => {
        const kept = detail?.slice(0, DETAIL_CHARACTERS) ?? null;
        return sql`(${run}, ${dialect.parameter(this.#id, pk)}, ${outcome}, ${kept}, ${seen ?? null}, ${dialect.now()})`;
      });
      await this.#speaker.execute(
        sql`INSERT INTO ${this.#table} (run, pk, outcome, detail, seen, at) VALUES ${join(lines)}`,
      );
    }
  }

  /** Of some rows those that a run has begun and not ended. */
  async begun(run: number, pks: readonly string[]): Promise<ReadonlySet<string>> {
    const { dialect } = this.#speaker;
    const found = new Set<string>();
    for (const chunk of chunks(pks)) {
      const keys = chunk.map((pk) => dialect.parameter(this.#id, pk));
      const begun = all([sql`run = ${run}`, sql`outcome = 'begun'`, sql`pk IN (${join(keys)})`]);
      const rows = await this.#speaker.query(
        sql`SELECT ${dialect.text(sql.id('pk'))} AS line_pk FROM ${this.#table} WHERE ${begun}`,
      );
      for (const row of rows) found.add(row['line_pk'] ?? '');
    }
    return found;
  }
}

const outcomeOf = (name: string | null | undefined): Outcome =>
  OUTCOMES.find((outcome) => outcome === name) ?? 'unknown';

const keptOf = (row: Row): KeptOutcome => ({
  pk: row['line_pk'] ?? '',
  run: Number(row['run']),
  outcome: outcomeOf(row['outcome']),
  detail: row['detail'] ?? undefined,
  seen: row['seen'] ?? undefined,
  at: Math.round(Number(row['at']) * 1000),
  operator: row['operator'] ?? '',
});

function selectKept(dialect: Dialect, appointments: TableName, condition: Expression): Expression {
  const line = (name: string): Expression => sql.id('line', name);
  return sql`SELECT ${dialect.text(line('pk'))} AS line_pk, ${line('run')} AS run, ${line('outcome')} AS outcome,
      ${line('detail')} AS detail, ${line('seen')} AS seen, ${line('at')} AS at, ${sql.id('held', 'operator')} AS operator
    FROM ${outcomeTable(appointments)} AS line LEFT JOIN ${runTable(appointments)} AS held ON ${sql.id('held', 'id')} = ${line('run')}
    WHERE ${condition}`;
}

/**
 * What is known of some rows, the newest run of each first.
 * @throws Problem missing, before the first change
 */
export async function outcomesOf(
  database: Database,
  { table, id }: { readonly table: TableName; readonly id: Column },
  pks: readonly string[],
  options: QueryOptions,
): Promise<readonly KeptOutcome[]> {
  const { dialect } = database;
  const found: KeptOutcome[] = [];
  for (const chunk of chunks(pks)) {
    const keys = chunk.map((pk) => dialect.parameter(id, pk));
    const rows = await database.query(
      sql`${selectKept(dialect, table, sql`${sql.id('line', 'pk')} IN (${join(keys)})`)} ORDER BY ${sql.id('line', 'run')} DESC`,
      options,
    );
    found.push(...rows.map(keptOf));
  }
  return found;
}

/**
 * What a run made of its rows, in the order of their keys.
 * @param outcomes only these; all by default
 * @throws Problem missing, before the first change
 */
export async function outcomesOfRun(
  database: Database,
  { table, id }: { readonly table: TableName; readonly id: Column },
  run: number,
  stretch: {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly outcomes?: readonly Outcome[] | undefined;
  },
  options: QueryOptions,
): Promise<readonly KeptOutcome[]> {
  const { dialect } = database;
  const { after, limit, outcomes } = stretch;
  const pk = sql.id('line', 'pk');
  const condition = all([
    sql`${sql.id('line', 'run')} = ${run}`,
    ...(after === undefined ? [] : [sql`${pk} > ${dialect.parameter(id, after)}`]),
    ...(outcomes === undefined
      ? []
      : [sql`${sql.id('line', 'outcome')} IN (${join(outcomes.map((name) => sql`${name}`))})`]),
  ]);
  const rows = await database.query(
    sql`${selectKept(dialect, table, condition)} ORDER BY ${pk} LIMIT ${sql.lit(limit)}`,
    options,
  );
  return rows.map(keptOf);
}

/**
 * What the newest runs of a change made of their rows: the newest run first, and of each run the row that it came to last.
 * @param limit lines at most; of as many runs at most
 * @throws Problem missing, before the first change
 */
export async function newestOutcomes(
  database: Database,
  table: TableName,
  change: string,
  limit: number,
  options: QueryOptions,
): Promise<readonly KeptOutcome[]> {
  const most = sql.lit(limit);
  const runs = await database.query(
    sql`SELECT id AS run FROM ${runTable(table)} WHERE change_id = ${change} ORDER BY id DESC LIMIT ${most}`,
    options,
  );
  if (runs.length === 0) return [];
  const line = (name: string): Expression => sql.id('line', name);
  const among = sql`${line('run')} IN (${join(runs.map(({ run }) => sql`${Number(run)}`))})`;
  const rows = await database.query(
    sql`${selectKept(database.dialect, table, among)} ORDER BY ${line('run')} DESC, ${line('pk')} DESC LIMIT ${most}`,
    options,
  );
  return rows.map(keptOf);
}

/** How many rows a run ended each way. @throws Problem missing */
export async function countOutcomes(
  database: Database,
  appointments: TableName,
  run: number,
  options: QueryOptions,
): Promise<Readonly<Partial<Record<Outcome, number>>>> {
  const rows = await database.query(
    sql`SELECT outcome, COUNT(*) AS n FROM ${outcomeTable(appointments)} WHERE run = ${run} GROUP BY outcome`,
    options,
  );
  return Object.fromEntries(rows.map((row) => [outcomeOf(row['outcome']), Number(row['n'])]));
}
