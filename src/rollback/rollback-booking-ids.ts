import { sql } from 'kysely';
import type { Change, ChangeGround, ChangeKind, Parameters, Planned, PlanSample } from '../changes/change.ts';
import { green, red, runsOf } from '../changes/gates.ts';
import { anew } from '../changes/move-booking-ids/change.ts';
import { assertTakes } from '../changes/takes.ts';
import { countBackups } from '../data/queries/backups.ts';
import { namesIn, plainName } from '../data/queries/expressions.ts';
import {
  countCompared,
  idsInScope,
  type LedgerRow,
  type LedgerScope,
  lastLine,
  sampleCompared,
} from '../data/queries/ledger-rows.ts';
import { ifThere } from '../data/state/tables.ts';
import { BACKUP_COLUMN } from '../model/columns.ts';
import { counted } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import { BackupWork, sampleBackups } from './backup-work.ts';
import { compare } from './compare.ts';
import { LedgerWork } from './ledger-work.ts';
import { movesOf } from './phase.ts';

/** Rows of each kind that a plan shows. */
const SAMPLE_ROWS = 20;

/** Ids that are named at most. */
const NAMED_IDS = 5;

/** Rows that are compared and written back in a second on an ordinary server, for a first guess. */
const RESTORED_PER_SECOND = 25_000;

/** What a rollback was told, complete: which runs are meant is settled when it is planned. */
interface Wanted {
  /** Undefined means every move since the last cleanup; empty that there is no ledger. */
  readonly runs: readonly number[] | undefined;
  readonly tenant: string | undefined;
  readonly ids: readonly string[] | undefined;
  readonly from: 'ledger' | 'backup' | undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';

function wantedOf({ runs, tenant, ids, from }: Parameters): Wanted {
  const numbers = Array.isArray(runs) ? runs.filter((run): run is number => Number.isInteger(run)) : undefined;
  if (Array.isArray(runs) && numbers?.length !== runs.length) {
    throw new Problem('usage', 'a run is a whole number', 'apptop change status shows them');
  }
  return {
    runs: numbers,
    tenant: isText(tenant) ? tenant : undefined,
    ids: Array.isArray(ids) ? ids.filter(isText) : undefined,
    from: from === 'backup' || from === 'ledger' ? from : undefined,
  };
}

/**
 * The backup column knows less than the ledger: not the V1 ids of duplicates, nor what was decided.
 * @throws Problem, where it is asked for beside a run, or while the ledger has what can be taken back
 */
async function assertNoLedger({ database, source, options }: ChangeGround, runs: readonly number[], wanted: Wanted) {
  if (wanted.runs !== undefined) {
    throw new Problem('usage', 'the backup column knows of no runs', 'leave --runs or --from-backup out');
  }
  if (runs.length === 0) return;
  const scope = { runs, tenant: undefined, ids: undefined };
  const lines = await ifThere(lastLine(database, source, scope, options).then((pk) => (pk === undefined ? [] : [pk])));
  if (lines.length === 0) return;
  const what = `the ledger has what ${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')} did, and the backup column less of it`;
  throw new Problem('blocked', what, 'leave --from-backup out');
}

/** What a rollback reads: the ledger, or where the framework's own migration moved the ids, the backup column. */
async function scopeOf(ground: ChangeGround, wanted: Wanted): Promise<LedgerScope | 'backup'> {
  const moves = movesOf(await runsOf(ground, 1_000));
  const strange = wanted.runs?.find((run) => !moves.some(({ id }) => id === run));
  if (strange !== undefined) {
    throw new Problem(
      'usage',
      `run ${strange} is no move that can be taken back`,
      'apptop change status shows the runs',
    );
  }
  const runs = wanted.runs ?? moves.map(({ id }) => id);
  if (wanted.from === 'backup') await assertNoLedger(ground, runs, wanted);
  else if (runs.length > 0) return { runs, tenant: wanted.tenant, ids: wanted.ids };
  if (wanted.from === 'ledger' || !ground.source.appointments.known.has(BACKUP_COLUMN)) {
    throw new Problem('blocked', 'there is nothing to take back', 'no move was made since the last cleanup');
  }
  if (wanted.tenant !== undefined || wanted.ids !== undefined) {
    throw new Problem('usage', 'without a ledger the rollback takes back all rows', 'leave --tenant and --ids out');
  }
  return 'backup';
}

/** What `migrate:rollback --step=1` would take back: the newest migration, whichever that is. */
async function frameworkNote({ database, options }: ChangeGround): Promise<readonly string[]> {
  const newest = sql`SELECT migration FROM migrations ORDER BY batch DESC, migration DESC LIMIT 1`;
  const [row] = await ifThere(database.query(newest, options)).catch((error: unknown) => {
    // A table of that name may be somebody else's.
    if (error instanceof Problem && error.kind === 'sql') return [];
    throw error;
  });
  return row?.['migration'] ? [`migrate:rollback --step=1 would take back ${row['migration']}`] : [];
}

const restored = (row: LedgerRow): readonly PlanSample[] => {
  const compared = compare([row.line], row.now);
  return row.now === undefined || compared.kind !== 'restore'
    ? []
    : [{ pk: row.line.pk, action: 'restore', before: row.now, after: compared.to }];
};

/** It stays as it is. */
const conflicting = ({ line, now }: LedgerRow): readonly PlanSample[] =>
  now === undefined ? [] : [{ pk: line.pk, action: 'conflict', before: now, after: now }];

function summary(counts: Readonly<Record<'restore' | 'already' | 'conflict' | 'deleted', number>>): readonly string[] {
  return [
    `restores ${counted(counts.restore, 'row')}`,
    `${counted(counts.already, 'row is', 'rows are')} back already`,
    `leaves ${counted(counts.conflict, 'row')} that somebody changed since`,
    `${counted(counts.deleted, 'row is', 'rows are')} gone`,
  ];
}

const ROLLBACK_OF_ROLLBACK = 'run the move again';

/** What was asked for and is in no line of the ledger. */
async function strangers(
  { database, source, options }: ChangeGround,
  scope: LedgerScope,
  total: number,
): Promise<readonly string[]> {
  const { tenant, ids } = scope;
  if (tenant !== undefined && !source.appointments.known.has('company_id')) {
    throw new Problem('usage', 'the table has no column of tenants', 'leave --tenant out, or map columns.company_id');
  }
  const nobody = tenant !== undefined && total === 0 ? [`no row of tenant "${tenant}" is in the ledger`] : [];
  if (ids === undefined) return nobody;
  const known = new Set(await idsInScope(database, source, scope, options));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length === 0) return nobody;
  const named = unknown.slice(0, NAMED_IDS).map((id) => `"${id}"`);
  const more = unknown.length > NAMED_IDS ? ', …' : '';
  const what = counted(unknown.length, 'of the ids is', 'of the ids are');
  return [...nobody, `${what} in no line of the ledger: ${named.join(', ')}${more}`];
}

async function planFromLedger(ground: ChangeGround, scope: LedgerScope): Promise<Planned> {
  const { database, source, options } = ground;
  const found = await countCompared(database, source, scope, options);
  const count = (kind: string) => found.get(kind) ?? 0;
  const counts = {
    restore: count('restore'),
    already: count('already'),
    conflict: count('conflict'),
    deleted: count('deleted'),
  };
  const total = counts.restore + counts.already + counts.conflict + counts.deleted;
  const sample = (kind: 'restore' | 'conflict') =>
    counts[kind] === 0 ? [] : sampleCompared(database, source, scope, kind, SAMPLE_ROWS, options);
  const [conflicts, restores] = [await sample('conflict'), await sample('restore')];
  const [table, v1, v2] = namesIn(source);
  return {
    rows: counts.restore,
    total,
    counts,
    summary: [`takes back ${scope.runs.length === 1 ? 'run' : 'runs'} ${scope.runs.join(', ')}`, ...summary(counts)],
    sql: [`UPDATE ${table} SET ${v2}, ${v1} = their old values WHERE both still are what the move made of them`],
    sample: [...conflicts.flatMap(conflicting), ...restores.flatMap(restored)],
    loses:
      counts.conflict > 0 ? [`${counted(counts.conflict, 'row keeps', 'rows keep')} what somebody wrote since`] : [],
    rollback: ROLLBACK_OF_ROLLBACK,
    seconds: counts.restore / RESTORED_PER_SECOND,
    notes: [...(await strangers(ground, scope, total)), ...(await frameworkNote(ground))],
  };
}

async function planFromBackup(ground: ChangeGround): Promise<Planned> {
  const { database, source, options } = ground;
  const counts = await countBackups(database, source, options);
  const [table, v1, v2] = namesIn(source);
  const backup = ground.context.columns[BACKUP_COLUMN];
  const shown = plainName(ground.dialect, backup);
  return {
    rows: counts.restore,
    total: counts.restore + counts.already + counts.conflict,
    counts,
    summary: [`takes back a move that apptop did not make, from ${backup}`, ...summary({ ...counts, deleted: 0 })],
    sql: [`UPDATE ${table} SET ${v2} = ${shown}, ${v1} = NULL WHERE ${v1} still is the backup and ${v2} is empty`],
    sample: await sampleBackups(database, source, SAMPLE_ROWS, options),
    loses: [],
    rollback: ROLLBACK_OF_ROLLBACK,
    seconds: counts.restore / RESTORED_PER_SECOND,
    notes: [
      'the backup column does not tell which rows are gone, nor whether a V1 id was there before the move',
      ...(await frameworkNote(ground)),
    ],
  };
}

/** Takes back what the move made of the booking ids, until the cleanup. */
export const ROLLBACK_BOOKING_IDS: ChangeKind = {
  id: 'rollback-booking-ids',
  title: 'Roll back the move of booking ids',
  purpose: 'gives every row that still is what the move made of it its old ids back',
  tier: 'typed',
  needsBackup: false,
  before: ['schema/no-long-locks'],
  after: [],
  undoes: () => ['move-booking-ids'],
  with(parameters): Change {
    assertTakes('rollback-booking-ids', parameters, ['runs', 'tenant', 'ids', 'from']);
    const wanted = wantedOf(parameters);
    return {
      parameters,
      throttled: parameters['throttle'] !== false,
      async plan(ground) {
        const scope = await scopeOf(ground, wanted);
        return scope === 'backup' ? planFromBackup(ground) : planFromLedger(ground, scope);
      },
      gates: async ({ source }) => {
        const title = 'the backup column is there';
        return [
          source.appointments.known.has(BACKUP_COLUMN)
            ? green('backup-column', title, 'no cleanup yet')
            : red('backup-column', title, 'it was dropped', 'restore from the dump that the cleanup recorded'),
        ];
      },
      async work(ground) {
        const now = await anew(ground);
        const scope = await scopeOf(now, wanted);
        return scope === 'backup' ? new BackupWork(now) : new LedgerWork(now, scope);
      },
    };
  },
};
