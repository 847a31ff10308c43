import type { Row } from '../../data/connection.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable, Table } from '../check.ts';
import { found, needing, shapeOf } from '../known-tables.ts';
import { EXPECTED_COLUMNS, faultsOf } from './columns.ts';
import { CALENDAR_TABLES, type CalendarTable, EVENT_INDEXES, IDENTITY } from './expected.ts';

const EVENTS = 'external_calendar_events';
const AFTER = { system: 'calendar-schema', phases: ['post'], severity: 'stop' } as const;

const isOn = (columns: readonly string[], wanted: readonly string[]): boolean =>
  columns.length === wanted.length && columns.every((column, at) => column === wanted[at]);

const isOnAll = (columns: readonly string[], wanted: readonly string[]): boolean =>
  columns.length === wanted.length && wanted.every((column) => columns.includes(column));

/** The right constraint where it is missing, and each unique one that stands on a part of its columns. */
function wrongConstraints(table: Table): Finding {
  const right = IDENTITY[EVENTS];
  const unique = table.indexes.filter((index) => index.unique && !index.primary);
  const wrong = unique
    .filter(({ columns }) => columns.length < right.length && columns.every((column) => right.includes(column)))
    .map((index): Row => ({ pk: index.name, problem: 'too narrow', columns: index.columns.join(', ') }));
  const missing: Row = { pk: 'external_calendar_events_provider_source_external_id_key', problem: 'missing' };
  const there = unique.some(({ columns }) => isOnAll(columns, right));
  return found([...(there ? [] : [{ ...missing, columns: right.join(', ') }]), ...wrong]);
}

/** Indexes that are not there, by their names or by what they stand on: tools name them differently. */
function missingIndexes(table: Table): Finding {
  const missing = EVENT_INDEXES.filter(
    ({ name, columns, unique }) =>
      !table.indexes.some(
        (index) => (index.name === name || isOn(index.columns, columns)) && (index.unique || !unique),
      ),
  );
  return found(
    missing.map(({ name, columns, unique }) => ({ pk: name, on: columns.join(', '), unique: String(unique) })),
  );
}

function wrongColumns(name: CalendarTable, table: Table | undefined, shownName: string): readonly Row[] {
  if (table === undefined) return [{ pk: shownName, problem: 'there is no such table' }];
  return EXPECTED_COLUMNS[name].flatMap((wanted) => {
    const there = table.columns.find((candidate) => candidate.name === wanted.name);
    const pk = `${shownName}.${wanted.name}`;
    if (there === undefined) return [{ pk, problem: 'missing' }];
    return faultsOf(there, wanted).map(({ text }) => ({ pk, problem: text }));
  });
}

async function columns(ground: Ground): Promise<Finding | NotApplicable> {
  const names = ground.context.tables;
  const shapes = await Promise.all(CALENDAR_TABLES.map(async (name) => [name, await shapeOf(ground, name)] as const));
  // One of the two without the other is a migration that stopped half way.
  if (shapes.every(([, table]) => table === undefined)) return { notApplicable: `needs table ${names[EVENTS]}` };
  return found(shapes.flatMap(([name, table]) => wrongColumns(name, table, names[name])));
}

/** Validations of how the tables are made. */
export const SHAPE_CHECKS: readonly DatabaseCheck[] = [
  {
    ...AFTER,
    id: 'calendar-schema/unique-constraint',
    title: `Events are unique by ${IDENTITY[EVENTS].join(', ')}`,
    reason: 'Without it two workers insert the same event; with a narrower one the second provider is refused.',
    remedy: 'Apply the second migration: it drops the wrong constraint and adds the right one.',
    look: needing({ [EVENTS]: [] }, async (ground) => {
      const table = await shapeOf(ground, EVENTS);
      return table === undefined ? found([]) : wrongConstraints(table);
    }),
  },
  {
    ...AFTER,
    id: 'calendar-schema/required-indexes',
    title: 'Every required index of the events exists',
    reason: 'Without them each availability look-up reads the whole table.',
    remedy: 'Apply the first and third migration again: they add what is missing and leave the rest.',
    look: needing({ [EVENTS]: [] }, async (ground) => {
      const table = await shapeOf(ground, EVENTS);
      return table === undefined ? found([]) : missingIndexes(table);
    }),
  },
  {
    ...AFTER,
    id: 'calendar-schema/required-columns',
    title: 'Every required column is as the migrations make it',
    reason: 'The sync writes them all: one that is missing, too short or of another type fails its writes.',
    remedy: 'Apply the three migrations again in their order: they add what is missing and say what to change by hand.',
    look: columns,
  },
];
