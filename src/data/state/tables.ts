import { type RawBuilder, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Column, Dialect, Expression, TableName } from '../connection.ts';
import type { StateTypes, WritingSession } from '../writing.ts';

/** The tables beside the data, which the first thing that writes creates and nothing else. */
export const STATE_TABLES = [
  'apptop_run',
  'apptop_ledger',
  'apptop_outcome',
  'apptop_aside',
  'apptop_lease',
  'apptop_audit',
  'apptop_runbook',
  'apptop_step',
] as const;
export type StateTable = (typeof STATE_TABLES)[number];

/** Those whose lines have keys of appointments. */
const KEYED: ReadonlySet<string> = new Set(['apptop_ledger', 'apptop_outcome']);

/** A state table in the schema of the appointments. */
export const stateTable = (appointments: TableName, name: StateTable): TableName => ({
  schema: appointments.schema,
  name,
});

export const named = ({ schema, name }: TableName): RawBuilder<unknown> =>
  schema === undefined ? sql.id(name) : sql.id(schema, name);

/** What a query about a table that may not be there yet answers with; nothing where it is not. */
export async function ifThere<Answer>(query: Promise<readonly Answer[]>): Promise<readonly Answer[]> {
  try {
    return await query;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'missing') return [];
    throw error;
  }
}

/** The same where this account may not read it: somebody has made it since, and what else the account reads is right. */
export async function unlessClosed<Answer, Otherwise>(
  query: Promise<Answer>,
  otherwise: (closed: Problem) => Otherwise,
): Promise<Answer | Otherwise> {
  try {
    return await query;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'refused') return otherwise(error);
    throw error;
  }
}

/** Moments are seconds since 1970 UTC by the database's clock, ids and tokens whole numbers. */
function declarations(types: StateTypes, id: Column | undefined): Readonly<Record<StateTable, string>> {
  const { bytes, longText } = types;
  const key = id === undefined ? bytes : types.key(id);
  return {
    apptop_run: `id bigint NOT NULL PRIMARY KEY, change_id varchar(64) NOT NULL, state varchar(16) NOT NULL, request varchar(16),
      reason varchar(255), digest varchar(64) NOT NULL, parameters ${longText} NOT NULL, pass_number bigint NOT NULL,
      cursor_pk varchar(255), until_pk varchar(255), token bigint NOT NULL, counts varchar(500) NOT NULL,
      batch_size bigint NOT NULL, planned bigint NOT NULL, total bigint NOT NULL, operator varchar(255) NOT NULL, ticket varchar(255),
      started_at double precision NOT NULL, updated_at double precision NOT NULL, ended_at double precision,
      worked_ms bigint NOT NULL`,
    apptop_ledger: `run bigint NOT NULL, pass_number bigint NOT NULL, pk ${key} NOT NULL, old_v1 ${bytes}, old_v2 ${bytes}, old_backup ${bytes},
      new_v1 ${bytes}, new_v2 ${bytes}, new_backup ${bytes}, aside varchar(255), PRIMARY KEY (pk, run, pass_number)`,
    apptop_outcome: `run bigint NOT NULL, pk ${key} NOT NULL, outcome varchar(16) NOT NULL, detail ${longText},
      seen varchar(255), at double precision NOT NULL, PRIMARY KEY (pk, run), UNIQUE (run, pk)`,
    apptop_aside: `run bigint NOT NULL, pk varchar(255) NOT NULL, reason varchar(255) NOT NULL, PRIMARY KEY (run, pk)`,
    apptop_lease: `name varchar(64) NOT NULL PRIMARY KEY, token bigint NOT NULL, holder varchar(255) NOT NULL, run bigint,
      since double precision NOT NULL, expires_at double precision NOT NULL`,
    ...runbookDeclarations(types),
  };
}

/** What needs nothing of the appointments, which a database with runbooks may not have: the audit, and runs with what happened in them. */
const runbookDeclarations = ({
  longText,
}: StateTypes): Readonly<Record<'apptop_audit' | 'apptop_runbook' | 'apptop_step', string>> => ({
  apptop_audit: `seq bigint NOT NULL PRIMARY KEY, body ${longText} NOT NULL, prev varchar(64) NOT NULL, hash varchar(64) NOT NULL`,
  apptop_runbook: `id bigint NOT NULL PRIMARY KEY, runbook varchar(64) NOT NULL, title varchar(255) NOT NULL, definition ${longText} NOT NULL,
    state varchar(16) NOT NULL, reason ${longText}, operator varchar(255) NOT NULL, began_at double precision NOT NULL,
    updated_at double precision NOT NULL, ended_at double precision, revision bigint NOT NULL, mark varchar(64) NOT NULL,
    audit_seq bigint NOT NULL, audit_hash varchar(64) NOT NULL`,
  apptop_step: `run bigint NOT NULL, seq bigint NOT NULL, kind varchar(16) NOT NULL, subject varchar(64) NOT NULL, state varchar(16) NOT NULL,
    operator varchar(255) NOT NULL, name varchar(255), note ${longText}, evidence ${longText} NOT NULL, began_at double precision NOT NULL,
    ended_at double precision, worked_ms bigint NOT NULL, claim varchar(64) NOT NULL, expires_at double precision NOT NULL,
    mark varchar(64) NOT NULL, PRIMARY KEY (run, seq)`,
});

/** CREATE TABLE IF NOT EXISTS for some state tables. */
const creations = (
  appointments: TableName,
  types: StateTypes,
  declared: Readonly<Partial<Record<StateTable, string>>>,
): readonly (readonly [table: Expression, creation: Expression])[] =>
  STATE_TABLES.flatMap((name) => {
    const columns = declared[name];
    if (columns === undefined) return [];
    const table = named(stateTable(appointments, name));
    return [[table, sql`CREATE TABLE IF NOT EXISTS ${table} (${sql.raw(columns)})${sql.raw(types.options)}`]];
  });

/**
 * Creates the tables that are not there: a server wants the right to create also for one that is. Of two who create one at
 * the same moment PostgreSQL refuses one, although both say IF NOT EXISTS.
 */
async function create(
  session: WritingSession,
  dialect: Dialect,
  tables: readonly (readonly [table: Expression, creation: Expression])[],
): Promise<void> {
  for (const [table, creation] of tables) {
    try {
      await session.query(dialect.compile(sql`SELECT 1 AS one FROM ${table} LIMIT 0`));
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'missing')) throw error;
      const created = () => session.execute(dialect.compile(creation));
      await created().catch((failure: unknown) => {
        if (failure instanceof Problem && (failure.kind === 'duplicate' || failure.kind === 'sql')) return created();
        throw failure;
      });
    }
  }
}

/**
 * Creates the state tables that are not there.
 * @param id the key of the appointments; undefined leaves out what has keys of theirs
 * @throws Problem
 */
export async function createStateTables(
  session: WritingSession,
  dialect: Dialect,
  appointments: TableName,
  types: StateTypes,
  id: Column | undefined,
): Promise<void> {
  const declared = Object.entries(declarations(types, id)).filter(([name]) => id !== undefined || !KEYED.has(name));
  await create(session, dialect, creations(appointments, types, Object.fromEntries(declared)));
}

/** Creates those that runs of runbooks are kept in. @throws Problem */
export async function createRunbookTables(
  session: WritingSession,
  dialect: Dialect,
  appointments: TableName,
  types: StateTypes,
): Promise<void> {
  await create(session, dialect, creations(appointments, types, runbookDeclarations(types)));
}
