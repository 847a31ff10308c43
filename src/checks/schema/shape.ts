import { sql } from 'kysely';
import type { Row } from '../../data/connection.ts';
import { counted } from '../../model/format.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable } from '../check.ts';
import { lackingTables } from '../ground.ts';
import { found } from '../known-tables.ts';

const HOTFIX = { system: 'schema', phases: ['post', 'monitor'] } as const;

/** A table beside the appointments, where Laravel has its own. */
const beside = ({ context }: Ground, name: string): string =>
  context.table.schema === undefined ? name : `${context.table.schema}.${name}`;

/** Names of a table's columns in small letters, as two of the three engines compare them. */
async function columnsOf(ground: Ground, table: string): Promise<ReadonlySet<string> | undefined> {
  const { appointments, context } = ground;
  const isAppointments = ['appointments', context.table.name, appointments.table.name].includes(table);
  const columns = isAppointments ? appointments.columns : (await ground.table(table))?.columns;
  return columns && new Set(columns.map(({ name }) => name.toLowerCase()));
}

/** What an application writes is for its config to say: a guess would cry wolf on every database of another one. */
async function phantomColumns(ground: Ground): Promise<Finding | NotApplicable> {
  const { codeWrites: written } = ground.context;
  if (written === undefined) return { notApplicable: 'needs codeWrites in the config, or --code DIR' };
  const phantoms: Row[] = [];
  let looked = 0;
  for (const [table, names] of Object.entries(written)) {
    const columns = await columnsOf(ground, table);
    looked += names.length;
    if (columns === undefined) phantoms.push({ pk: table, problem: 'there is no such table' });
    for (const name of names) {
      if (columns?.has(name.toLowerCase()) === false)
        phantoms.push({ pk: `${table}.${name}`, problem: 'no such column' });
    }
  }
  return found(phantoms, `${counted(looked, 'column')} of codeWrites`);
}

const NO_HOTFIX: NotApplicable = { notApplicable: 'needs hotfix in the config; {} stands for its usual names' };

async function hotfixIndexes(ground: Ground): Promise<Finding | NotApplicable> {
  const { table } = ground.appointments;
  const wanted = ground.context.hotfix?.indexes;
  if (wanted === undefined) return NO_HOTFIX;
  const indexes = await ground.introspect((introspection, connection) => introspection.indexes(connection, table));
  const missing = wanted.filter((name) => !indexes.some((index) => index.name === name));
  const figure = `${wanted.length - missing.length} of ${wanted.length} there; the table has ${counted(indexes.length, 'index', 'indexes')}`;
  return found(
    missing.map((pk) => ({ pk })),
    figure,
  );
}

/** Whether `metadata` is kept and indexed so that a search inside it needs no full scan. */
async function metadata(ground: Ground): Promise<Finding | NotApplicable> {
  const { searchableJson } = ground.dialect;
  if (searchableJson === undefined) return { notApplicable: 'needs an engine with an index for JSON' };
  const column = ground.appointments.columns.find(({ name }) => name === 'metadata');
  if (column === undefined) return { notApplicable: 'needs column metadata' };
  const { table } = ground.appointments;
  const indexes = await ground.introspect((introspection, connection) => introspection.indexes(connection, table));
  const { type, index } = searchableJson;
  const indexed = indexes.some(({ method, columns }) => method === index && columns.includes('metadata'));
  return found([
    ...(column.type === type ? [] : [{ pk: 'metadata', problem: `is ${column.type}, expected ${type}` }]),
    ...(indexed ? [] : [{ pk: 'metadata', problem: `has no ${index} index` }]),
  ]);
}

async function migrations(ground: Ground): Promise<Finding | NotApplicable> {
  const wanted = ground.context.hotfix?.migrations;
  if (wanted === undefined) return NO_HOTFIX;
  const table = beside(ground, 'migrations');
  const lack = await lackingTables({ [table]: ['migration'] }, ground);
  if (lack !== undefined) return { notApplicable: lack };
  const name = ground.dialect.text(sql.id('migration'));
  const rows = await ground.query(
    sql`SELECT ${name} AS migration FROM ${sql.table(table)} WHERE ${name} IN (${sql.join([...wanted])})`,
  );
  const ran = new Set(rows.map((row) => row['migration']));
  return found(wanted.filter((migration) => !ran.has(migration)).map((pk) => ({ pk })));
}

/** What the tables are made of. */
export const SHAPE_CHECKS: readonly DatabaseCheck[] = [
  {
    ...HOTFIX,
    id: 'schema/phantom-columns',
    title: 'Every column that the application writes exists',
    phases: ['pre', 'post', 'monitor'],
    severity: 'stop',
    reason: 'One phantom column fails every insert with "Unknown column": no appointment is created.',
    remedy:
      'Remove the columns from the code, or add them; apptop check schema/phantom-columns --code DIR finds the lines.',
    look: phantomColumns,
  },
  {
    ...HOTFIX,
    id: 'schema/hotfix-indexes',
    title: 'The indexes of the hotfix exist',
    severity: 'warn',
    reason: 'Without them webhook look-ups and availability checks read the whole table.',
    remedy: 'Run the migration; MySQL takes 64 indexes a table, so another may have to go.',
    look: hotfixIndexes,
  },
  {
    ...HOTFIX,
    id: 'schema/metadata-json',
    title: 'metadata is JSONB with a GIN index',
    severity: 'warn',
    reason: 'Text is parsed anew for each row that a search inside it passes.',
    remedy: 'Convert the column to jsonb and create a GIN index on it, both as the migration does.',
    look: metadata,
  },
  {
    ...HOTFIX,
    id: 'schema/hotfix-migrated',
    title: 'The hotfix stands in the migrations table',
    phases: ['post'],
    severity: 'error',
    reason: 'Laravel runs what is not recorded once more, and stops at what is there already.',
    remedy: 'Run php artisan migrate, then php artisan migrate:status.',
    look: migrations,
  },
];
