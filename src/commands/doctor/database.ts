import type { Context } from '../../config/context.ts';
import { address } from '../../config/redact.ts';
import type { Target } from '../../config/target.ts';
import { type Appointments, inspectAppointments } from '../../data/appointments.ts';
import type { Connection, Engine, Rights, Server } from '../../data/connection.ts';
import { loadEngine } from '../../data/engines.ts';
import { reach } from '../../data/places.ts';
import { anyByDesign } from '../../data/queries/by-design.ts';
import { KNOWN_COLUMNS, type KnownColumn } from '../../model/columns.ts';
import { Problem } from '../../model/problem.ts';
import { type Finding, note, ok, warning } from './finding.ts';

/** Milliseconds to connect, and for the one question that may have to scan the table: the doctor answers within 5 s. */
const CONNECT_TIMEOUT_MS = 4_000;
const SCAN_TIMEOUT_MS = 800;

/** What each panel and column of the console is made from. */
const NEEDS: readonly (readonly [shows: string, columns: readonly KnownColumn[]])[] = [
  ['ids by source', ['source']],
  ['ids by tenant', ['company_id']],
  ['sync success', ['sync_origin', 'calcom_sync_status', 'created_at']],
  ['sync latency', ['sync_initiated_at', 'sync_verified_at']],
  ['stuck pending', ['calcom_sync_status', 'sync_initiated_at']],
  ['review queue', ['requires_manual_review']],
  ['age of the review queue', ['manual_review_flagged_at']],
  ['causes of errors', ['sync_error_code', 'sync_error_message']],
];

/** Columns that a table is fine without: they exist in some versions of the application or for some time only. */
const OCCASIONAL: readonly KnownColumn[] = ['calcom_v2_booking_uid', '_migration_backup_v2_id', 'deleted_at'];

/**
 * Connects and looks, one finding after the other as they become known. Where one fails, what depends on it is left
 * out.
 */
export async function* examineDatabase(context: Context): AsyncGenerator<Finding> {
  const engine = await loadEngine(context.target.engine);
  let connection: Connection;
  let place: Target;
  try {
    ({ connection, place } = await reach(engine, context, CONNECT_TIMEOUT_MS));
  } catch (error) {
    yield failure('connection', error);
    return;
  }
  try {
    yield ok('connection', address(place));
    yield* examineServer(connection.server, context);
    yield* examineCluster(engine, connection, context);
    yield* examineTable(engine, connection, context);
  } finally {
    await connection.close();
  }
}

/** What a failed step says. Bugs go on. */
export function failure(check: string, error: unknown): Finding {
  if (!(error instanceof Problem)) throw error;
  return { check, outcome: 'unknown', fact: error.message, remedy: error.remedy };
}

function* examineServer({ product, version, role }: Server, { access }: Context): Generator<Finding> {
  yield ok('server', `${product} ${version}`);
  if (role === 'primary') yield ok('role', 'primary');
  if (role !== 'replica') return;
  if (access === 'operate')
    yield warning('role', 'replica: nothing can be changed here', 'connect to the primary to operate');
  else yield note('role', 'replica: what it shows may lag behind the primary');
}

/** What a cluster of which every node takes writes means to whoever changes something. */
async function* examineCluster(engine: Engine, connection: Connection, { target }: Context): AsyncGenerator<Finding> {
  const cluster = await engine.cluster?.(connection);
  if (cluster === undefined) return;
  const { name, size, whole, state, ready } = cluster;
  const fact = `${name} cluster of ${size}, this node ${state}`;
  if (!whole) {
    yield warning('cluster', `${fact}: it is cut off from the others`, 'connect to the part that goes on');
  } else if (!ready) {
    yield warning(
      'cluster',
      `${fact}: it may lag behind the others`,
      'wait until it is Synced, or connect to another node',
    );
  } else if (target.engine !== 'sqlite' && (target.others ?? []).length === 0) {
    const remedy = 'name a second host in the connection: a change then goes on there when this node is gone';
    yield warning('cluster', `${fact}: a batch that another node contradicts is tried again`, remedy);
  } else {
    yield ok(
      'cluster',
      `${fact}: a batch that another node contradicts is tried again, on another host when this one is gone`,
    );
  }
}

async function* examineTable(engine: Engine, connection: Connection, context: Context): AsyncGenerator<Finding> {
  let appointments: Appointments;
  try {
    appointments = await inspectAppointments(context, connection, engine);
    yield* examineRights(await engine.rights(connection, appointments.table), context);
  } catch (error) {
    yield failure('table', error);
    return;
  }
  const { schema, name } = appointments.table;
  yield ok('table', `${schema === undefined ? '' : `${schema}.`}${name}, ${appointments.columns.length} columns`);
  yield columnsOf(appointments);
  yield uniqueIndex(appointments);
  const byDesign = await layout(engine, connection, appointments, context);
  if (byDesign !== undefined) yield byDesign;
}

function* examineRights(rights: Rights, { access }: Context): Generator<Finding> {
  const { readOnly, writes, complete } = rights;
  yield readOnly
    ? ok('read-only', 'the server refuses every write of this session')
    : {
        check: 'read-only',
        outcome: 'critical',
        fact: 'the server would take writes of this session',
        remedy: 'do not use it; report this as a bug in apptop',
      };
  const list = writes.join(', ');
  const lacking = [
    ...(writes.includes('UPDATE') ? [] : ['UPDATE']),
    ...(rights.alters.may ? [] : ['alter the table']),
    ...(rights.creates.may ? [] : ['create tables']),
  ];
  if (writes.length === 0 && access === 'operate') {
    yield warning('privileges', 'the account can only read, but access is "operate"', 'use an account that may UPDATE');
  } else if (writes.length === 0) yield ok('privileges', 'the account can only read');
  else if (access === 'operate' && complete && lacking.length > 0) {
    const grants = [rights.alters, rights.creates].flatMap(({ may, grant }) => (may ? [] : [grant]));
    const remedy =
      grants.length === 0 ? 'use an account that may UPDATE' : `for the move and its cleanup: ${grants.join('; ')}`;
    yield warning('privileges', `the account may ${list}, but not ${lacking.join(', ')}`, remedy);
  } else if (access === 'operate') yield ok('privileges', `the account may ${list}`);
  else yield note('privileges', `the account itself may ${list}`, 'an account that can only read is safer still');
}

function columnsOf({ missing }: Appointments): Finding {
  const lacking = missing.filter((column) => !OCCASIONAL.includes(column));
  const usual = KNOWN_COLUMNS.length - OCCASIONAL.length;
  if (lacking.length === 0) return ok('columns', `all ${usual} are there`);
  const panels = NEEDS.filter(([, columns]) => columns.some((column) => lacking.includes(column))).map(
    ([shows]) => shows,
  );
  const without = panels.length === 0 ? '' : `; so not shown: ${panels.join(', ')}`;
  return note(
    'columns',
    `missing ${lacking.join(', ')}${without}`,
    'map those that are called otherwise under columns in the config',
  );
}

function uniqueIndex({ v2, v2Unique }: Appointments): Finding {
  return v2Unique
    ? ok('unique', `a unique index on ${v2.name} keeps ids apart`)
    : note('unique', `no unique index on ${v2.name}: two appointments may hold the same id`);
}

/** Whether numeric ids in the V2 column are right; undefined where the question does not arise. */
async function layout(
  { dialect }: Engine,
  connection: Connection,
  appointments: Appointments,
  { bookingIds }: Context,
): Promise<Finding | undefined> {
  const { name } = appointments.v2;
  const query = anyByDesign({ dialect, appointments, bookingIds });
  if (query === undefined) return undefined;
  try {
    const rows = await connection.query(dialect.compile(query), SCAN_TIMEOUT_MS);
    if (rows.length === 0) return ok('layout', `no numeric id in ${name} is there by design`);
    const remedy = 'if they are misplaced all the same, set bookingIds.layout to "separate-columns" in the config';
    return note('layout', `numeric ids in ${name} beside a uid column are there by design and count as right`, remedy);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'timeout') throw error;
    return note(
      'layout',
      `it takes over ${SCAN_TIMEOUT_MS} ms to see whether numeric ids in ${name} are there by design`,
    );
  }
}
