import { SYNC_STATE } from '../../checks/calendar-schema/columns.ts';
import type { CalendarTable } from '../../checks/calendar-schema/expected.ts';
import type { Column, Constraint } from '../../data/connection.ts';
import type { Deed, SchemaWords } from '../../data/schema-words.ts';
import { BOOKING_KEY, CONNECTION_INDEXES, ONE_EVENT, OUTBOUND_COLUMNS, STATUS_CHECK } from './migrations.ts';
import type { Scene, Shape } from './shape.ts';
import { type Step, sameSet, touchName } from './survey.ts';

const CONNECTIONS = 'external_calendar_connections';
const EVENTS = 'external_calendar_events';

/** What a drop takes from rows. */
export interface Loss {
  readonly table: CalendarTable;
  /** The columns that go; undefined where the whole row goes. */
  readonly columns: readonly Column[] | undefined;
}

/** A step that takes something away, and perhaps rows or what they hold with it. */
export interface UndoStep extends Step {
  readonly loses: Loss | undefined;
}

/** What taking a migration back does, and what it can't take away. */
export interface Undone {
  readonly steps: readonly UndoStep[];
  readonly stuck: readonly string[];
}

class Undoing {
  readonly steps: UndoStep[] = [];
  readonly stuck: string[] = [];

  drop(what: string, deed: Deed | undefined, loses?: Loss): void {
    if (deed === undefined) this.stuck.push(what);
    else this.steps.push({ what, deed, loses });
  }
}

const joined = (deeds: readonly Deed[]): Deed => ({
  sql: deeds.flatMap(({ sql }) => sql),
  alone: deeds.some(({ alone }) => alone),
});

/** Drops columns as one step, with what their rows hold. */
function dropColumns(
  undoing: Undoing,
  { names }: Scene,
  words: SchemaWords,
  table: CalendarTable,
  columns: readonly Column[],
): void {
  if (columns.length === 0) return;
  const what = `${columns.length === 1 ? 'column' : 'columns'} ${columns.map(({ name }) => name).join(', ')} of ${names[table].name}`;
  undoing.drop(what, joined(columns.map(({ name }) => words.dropColumn(names[table], name))), { table, columns });
}

const among = ({ columns }: Shape, names: readonly string[]): readonly Column[] =>
  columns.filter(({ name }) => names.includes(name));

const isAbout = (column: string) => (constraint: Constraint) =>
  new RegExp(`\\b${column}\\b`).test(constraint.definition);

/** Constraints go before the indexes and columns that they stand on. */
function undoOutbound(scene: Scene, words: SchemaWords): Undone {
  const undoing = new Undoing();
  const [shape, table] = [scene.shapes[EVENTS], scene.names[EVENTS]];
  if (shape === undefined) return undoing;
  for (const [type, name, column] of [
    ['foreign key', BOOKING_KEY, 'booking_id'],
    ['check', STATUS_CHECK, 'sync_status'],
  ] as const) {
    for (const constraint of shape.constraints.filter((each) => each.type === type).filter(isAbout(column))) {
      // What goes with its column has no name of its own.
      const deed = words.dropConstraint(table, type, constraint.name || name);
      if (deed !== undefined) undoing.drop(`${type} constraint ${constraint.name}`, deed);
    }
  }
  for (const index of shape.indexes.filter(({ columns }) => OUTBOUND_COLUMNS.some((name) => columns.includes(name)))) {
    undoing.drop(`index ${index.name}`, words.dropIndex(table, index.name));
  }
  dropColumns(undoing, scene, words, EVENTS, among(shape, OUTBOUND_COLUMNS));
  return undoing;
}

function undoUniqueness(scene: Scene, words: SchemaWords): Undone {
  const undoing = new Undoing();
  const [shape, table] = [scene.shapes[EVENTS], scene.names[EVENTS]];
  for (const { name, columns, unique, primary } of shape?.indexes ?? []) {
    if (!unique || primary || !sameSet(columns, ONE_EVENT.columns)) continue;
    const bound = shape?.constraints.some((constraint) => constraint.type === 'unique' && constraint.name === name);
    const fixed = bound || name.startsWith('sqlite_');
    const deed = fixed ? words.dropConstraint(table, 'unique', name) : words.dropIndex(table, name);
    undoing.drop(`unique constraint ${name}`, deed);
  }
  return undoing;
}

/** The table of connections stays: it may hold tokens, and the ceremony's own rollback leaves it too. */
function undoFoundations(scene: Scene, words: SchemaWords): Undone {
  const undoing = new Undoing();
  const { shapes, names } = scene;
  const { touch } = words;
  const connections = shapes[CONNECTIONS];
  for (const table of [EVENTS, CONNECTIONS] as const) {
    const shape = shapes[table];
    const column = shape?.columns.find(({ name }) => name === 'updated_at');
    // What is part of a column goes with the table of events.
    if (shape === undefined || column === undefined || (touch.byColumn && table === EVENTS)) continue;
    if (touch.found(column, shape.triggers, touchName(table)) !== 'there') continue;
    const what = touch.byColumn ? `${touch.how} ${names[table].name}.updated_at` : `trigger ${touchName(table)}`;
    undoing.drop(what, touch.unmake(names[table], column, touchName(table)));
  }
  if (shapes[EVENTS] !== undefined) {
    undoing.drop(`table ${names[EVENTS].name}`, words.dropTable(names[EVENTS]), { table: EVENTS, columns: undefined });
  }
  if (connections === undefined) return undoing;
  const ours = CONNECTION_INDEXES.map(({ name }) => name);
  const going = SYNC_STATE.map(({ name }) => name);
  for (const { name, columns } of connections.indexes) {
    if (!ours.includes(name) && !columns.some((column) => going.includes(column))) continue;
    undoing.drop(`index ${name}`, words.dropIndex(names[CONNECTIONS], name));
  }
  dropColumns(undoing, scene, words, CONNECTIONS, among(connections, going));
  return undoing;
}

/** The migrations with what takes each back, in the order in which they are taken back: the newest first. */
export const UNDOING: readonly {
  readonly number: 1 | 2 | 3;
  readonly change: string;
  readonly undo: (scene: Scene, words: SchemaWords) => Undone;
}[] = [
  { number: 3, change: 'calendar-outbound-sync', undo: undoOutbound },
  { number: 2, change: 'calendar-uniqueness', undo: undoUniqueness },
  { number: 1, change: 'calendar-foundations', undo: undoFoundations },
];
