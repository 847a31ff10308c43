import { type RawBuilder, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Column, Dialect, Expression, TableName } from '../connection.ts';
import type { StateTypes, WritingSession } from '../writing.ts';

/** The tables beside the data, which the first change creates and nothing else. */
export const STATE_TABLES = ['apptop_run', 'apptop_ledger', 'apptop_outcome', 'apptop_lease', 'apptop_audit'] as const;
export type StateTable = (typeof STATE_TABLES)[number];

/** A state table in the schema of the appointments. */
export const stateTable = (appointments: TableName, name: StateTable): TableName => ({
  schema: appointments.schema,
  name,
});

export const named = ({ schema, name }: TableName): RawBuilder<unknown> =>
  schema === undefined ? sql.id(name) : sql.id(schema, name);

/** Moments are seconds since 1970 UTC by the database's clock, ids and tokens whole numbers. */
function declarations(types: StateTypes, id: Column): Readonly<Record<StateTable, string>> {
  const { bytes, longText } = types;
  return {
    apptop_run: `id bigint NOT NULL PRIMARY KEY, change_id varchar(64) NOT NULL, state varchar(16) NOT NULL, request varchar(16),
      reason varchar(255), digest varchar(64) NOT NULL, parameters ${longText} NOT NULL, pass_number bigint NOT NULL,
      cursor_pk varchar(255), until_pk varchar(255), token bigint NOT NULL, counts varchar(500) NOT NULL,
      batch_size bigint NOT NULL, planned bigint NOT NULL, total bigint NOT NULL, operator varchar(255) NOT NULL, ticket varchar(255),
      started_at double precision NOT NULL, updated_at double precision NOT NULL, ended_at double precision,
      worked_ms bigint NOT NULL`,
    apptop_ledger: `run bigint NOT NULL, pass_number bigint NOT NULL, pk ${types.key(id)} NOT NULL, old_v1 ${bytes}, old_v2 ${bytes}, old_backup ${bytes},
      new_v1 ${bytes}, new_v2 ${bytes}, new_backup ${bytes}, aside varchar(255), PRIMARY KEY (pk, run, pass_number)`,
    apptop_outcome: `run bigint NOT NULL, pk ${types.key(id)} NOT NULL, outcome varchar(16) NOT NULL, detail ${longText},
      at double precision NOT NULL, PRIMARY KEY (pk, run)`,
    apptop_lease: `name varchar(64) NOT NULL PRIMARY KEY, token bigint NOT NULL, holder varchar(255) NOT NULL, run bigint,
      since double precision NOT NULL, expires_at double precision NOT NULL`,
    apptop_audit: `seq bigint NOT NULL PRIMARY KEY, body ${longText} NOT NULL, prev varchar(64) NOT NULL, hash varchar(64) NOT NULL`,
  };
}

/** CREATE TABLE IF NOT EXISTS for each state table. */
function creations(
  appointments: TableName,
  types: StateTypes,
  id: Column,
): readonly (readonly [table: Expression, creation: Expression])[] {
  const declared = declarations(types, id);
  return STATE_TABLES.map((name) => {
    const table = named(stateTable(appointments, name));
    return [table, sql`CREATE TABLE IF NOT EXISTS ${table} (${sql.raw(declared[name])})${sql.raw(types.options)}`];
  });
}

/** Creates the state tables that are not there. @throws Problem */
export async function createStateTables(
  session: WritingSession,
  dialect: Dialect,
  appointments: TableName,
  types: StateTypes,
  id: Column,
): Promise<void> {
  for (const [table, creation] of creations(appointments, types, id)) {
    try {
      // A server wants the right to create also for a table that is there.
      await session.query(dialect.compile(sql`SELECT 1 AS one FROM ${table} LIMIT 0`));
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'missing')) throw error;
      await session.execute(dialect.compile(creation));
    }
  }
}
