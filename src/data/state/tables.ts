import { type RawBuilder, sql } from 'kysely';
import type { Column, Dialect, Expression, TableName } from '../connection.ts';
import type { StateTypes, WritingSession } from '../writing.ts';

/** The tables beside the data, which the first change creates and nothing else. */
const STATE_TABLES = [
  'apptop_run',
  'apptop_ledger',
  'apptop_outcome',
  'apptop_aside',
  'apptop_lease',
  'apptop_audit',
] as const;
export type StateTable = (typeof STATE_TABLES)[number];

/** Those whose lines have keys of appointments. */
const KEYED: readonly StateTable[] = ['apptop_ledger', 'apptop_outcome'];

/** A state table in the schema of the appointments. */
export const stateTable = (appointments: TableName, name: StateTable): TableName => ({
  schema: appointments.schema,
  name,
});

export const named = ({ schema, name }: TableName): RawBuilder<unknown> =>
  schema === undefined ? sql.id(name) : sql.id(schema, name);

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
      at double precision NOT NULL, PRIMARY KEY (pk, run)`,
    apptop_aside: `run bigint NOT NULL, pk varchar(255) NOT NULL, reason varchar(255) NOT NULL, PRIMARY KEY (run, pk)`,
    apptop_lease: `name varchar(64) NOT NULL PRIMARY KEY, token bigint NOT NULL, holder varchar(255) NOT NULL, run bigint,
      since double precision NOT NULL, expires_at double precision NOT NULL`,
    apptop_audit: `seq bigint NOT NULL PRIMARY KEY, body ${longText} NOT NULL, prev varchar(64) NOT NULL, hash varchar(64) NOT NULL`,
  };
}

/** CREATE TABLE IF NOT EXISTS for each state table. */
function creations(appointments: TableName, types: StateTypes, id: Column | undefined): readonly Expression[] {
  const declared = declarations(types, id);
  return STATE_TABLES.filter((name) => id !== undefined || !KEYED.includes(name)).map(
    (name) =>
      sql`CREATE TABLE IF NOT EXISTS ${named(stateTable(appointments, name))} (${sql.raw(declared[name])})${sql.raw(types.options)}`,
  );
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
  for (const creation of creations(appointments, types, id)) await session.execute(dialect.compile(creation));
}
