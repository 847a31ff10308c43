import { faultsOf } from '../../checks/calendar-schema/columns.ts';
import type { CalendarTable } from '../../checks/calendar-schema/expected.ts';
import type { Constraint, Index } from '../../data/connection.ts';
import type { Deed, NewColumn, NewConstraint, NewIndex, SchemaWords, Standing } from '../../data/schema-words.ts';
import type { Scene, Shape } from './shape.ts';

/** One object to make or to take away. */
export interface Step {
  /** `index idx_external_calendar_events_checksum` */
  readonly what: string;
  readonly deed: Deed;
  /** It is taken away, and not made. */
  readonly drops?: true;
}

/** What a migration finds: what it has to do, and what is not as it should be. */
export interface Found {
  readonly steps: readonly Step[];
  /** Objects that are there as they should be. */
  readonly there: readonly string[];
  /** Objects that are there and differ: they are told, and never overwritten. */
  readonly differing: readonly string[];
  /** What can't be made in this database, in words. */
  readonly left: readonly string[];
}

const sameColumns = (columns: readonly string[], wanted: readonly string[]): boolean =>
  columns.length === wanted.length && columns.every((column, at) => column === wanted[at]);

/** Whether two lists name the same columns in any order. */
export const sameSet = (columns: readonly string[], wanted: readonly string[]): boolean =>
  columns.length === wanted.length && wanted.every((column) => columns.includes(column));

/** Compares what there is with what a migration makes, object by object, in the order in which they are made. */
export class Survey {
  readonly #scene: Scene;
  readonly #words: SchemaWords;
  readonly #steps: Step[] = [];
  readonly #there: string[] = [];
  readonly #differing: string[] = [];
  readonly #left: string[] = [];

  constructor(scene: Scene, words: SchemaWords) {
    this.#scene = scene;
    this.#words = words;
  }

  get found(): Found {
    return { steps: this.#steps, there: this.#there, differing: this.#differing, left: this.#left };
  }

  /** A table with its columns and checks; where it is there, those that it lacks. */
  table(
    name: CalendarTable,
    columns: readonly NewColumn[],
    checks: readonly Extract<NewConstraint, { type: 'check' }>[],
  ): void {
    const shape = this.#shape(name);
    if (shape === undefined) {
      this.#step(`table ${this.#shown(name)}`, this.#words.createTable(this.#scene.names[name], columns, checks));
      return;
    }
    this.#there.push(`table ${this.#shown(name)}`);
    for (const column of columns) this.column(name, column);
    for (const check of checks) this.constraint(name, check);
  }

  /** A column with the constraints that are about it alone. */
  column(name: CalendarTable, column: NewColumn, constraints: readonly NewConstraint[] = []): void {
    const shape = this.#shape(name);
    const what = `column ${this.#shown(name)}.${column.name}`;
    const there = shape?.columns.find((candidate) => candidate.name === column.name);
    if (there !== undefined) {
      const faults = faultsOf(there, column);
      if (faults.length === 0) this.#there.push(what);
      for (const { text, lacksDefault } of faults) {
        // Of a row that is there nothing changes; NOT NULL and another type want rows that fit, which a person sees to.
        const deed = lacksDefault && this.#words.setDefault?.(this.#scene.names[name], column);
        if (deed) this.#step(`the default of ${what}`, deed);
        else this.#differing.push(`${what} ${text}`);
      }
      for (const constraint of constraints) this.constraint(name, constraint);
      return;
    }
    if (shape?.busy === true && column.required && column.standard === undefined) {
      this.#differing.push(`${what} is missing, and rows that are there would have nothing for it`);
      return;
    }
    this.#step(what, this.#words.addColumn(this.#scene.names[name], column, constraints));
  }

  index(name: CalendarTable, index: NewIndex): void {
    const shape = this.#shape(name);
    const what = `index ${index.name}`;
    const table = this.#scene.names[name];
    const named = shape?.indexes.find((candidate) => candidate.name === index.name);
    if (named?.broken) {
      // An earlier try was broken off: the server keeps it up and never uses it.
      this.#step(`${what}, left broken by an earlier try`, this.#words.dropIndex(table, index.name));
    } else if (named !== undefined) {
      const how = differenceOf(named, index);
      if (how === undefined) this.#there.push(what);
      else this.#differing.push(`${what} ${how}`);
      return;
    }
    const other = shape?.indexes.find(
      (candidate) => !candidate.broken && candidate.name !== index.name && differenceOf(candidate, index) === undefined,
    );
    if (other !== undefined) this.#there.push(`${what}, as ${other.name}`);
    else this.#step(what, this.#words.createIndex(table, index, shape?.busy ?? false));
  }

  constraint(name: CalendarTable, constraint: NewConstraint): void {
    const what = `${constraint.type} constraint ${constraint.name}`;
    const [shape, table] = [this.#shape(name), this.#scene.names[name]];
    const standing = shape === undefined ? 'absent' : standingOf(shape, constraint);
    if (standing === 'there') this.#there.push(what);
    else if (standing === 'unvalidated') {
      const deed = this.#words.validate?.(table, constraint.name);
      if (deed !== undefined) this.#step(`${what}, of which an earlier try has not looked at the rows`, deed);
    } else if (standing !== 'absent') this.#differing.push(`${what} ${standing.differs}`);
    else {
      const deed = this.#words.addConstraint(table, constraint, shape?.busy ?? false);
      if (deed === undefined) {
        this.#differing.push(`${what} is missing: the table would have to be written anew for it`);
        return;
      }
      const broken = shape?.indexes.some((index) => index.name === constraint.name && index.broken);
      if (broken) this.#step(`${what}, left broken by an earlier try`, this.#words.dropIndex(table, constraint.name));
      this.#step(what, deed);
    }
  }

  /** Whatever keeps `updated_at` true. */
  touch(name: CalendarTable): void {
    const shape = this.#shape(name);
    const { touch } = this.#words;
    const object = touchName(name);
    const what = touch.byColumn ? `${touch.how} ${this.#shown(name)}.updated_at` : `trigger ${object}`;
    const column = shape?.columns.find((candidate) => candidate.name === 'updated_at');
    if (touch.byColumn && column === undefined) return;
    const found = shape === undefined ? 'absent' : touch.found(column, shape.triggers, object);
    if (found === 'there') this.#there.push(what);
    else if (found === 'absent') this.#step(what, touch.make(this.#scene.names[name], column, object));
    else this.#differing.push(`${what} ${found.differs}`);
  }

  /** Something to take away. */
  drop(what: string, deed: Deed | undefined, why: string): void {
    if (deed === undefined) this.#differing.push(`${what}: ${why}`);
    else this.#steps.push({ what, deed, drops: true });
  }

  leave(what: string): void {
    this.#left.push(what);
  }

  #step(what: string, deed: Deed): void {
    this.#steps.push({ what, deed });
  }

  #shape(name: CalendarTable): Shape | undefined {
    return this.#scene.shapes[name];
  }

  #shown(name: CalendarTable): string {
    return this.#scene.names[name].name;
  }
}

/** The trigger that keeps a table's `updated_at`, and its function. */
export const touchName = (name: CalendarTable): string => `set_${name}_updated_at`;

const HOLDS_SOMETHING = /^[("`[]*(\w+)["`\])]*\s+IS\s+NOT\s+NULL\)?$/i;

/** How an index differs from what is wanted, in words. */
function differenceOf(there: Index, { columns, unique }: NewIndex): string | undefined {
  const { condition } = there;
  if (!sameColumns(there.columns, columns))
    return `stands on ${there.columns.join(', ')}, expected ${columns.join(', ')}`;
  if (unique !== there.unique) return unique ? 'is not unique' : 'is unique';
  // Whoever looks for a value finds it in both, and of NULLs there may be many.
  const whole = condition === undefined || columns.includes(HOLDS_SOMETHING.exec(condition.trim())?.[1] ?? '');
  return whole ? undefined : `is only of rows where ${condition}`;
}

/** How a constraint stands; `unvalidated` is one that was broken off before rows were held against it. */
function standingOf(shape: Shape, constraint: NewConstraint): Standing | 'unvalidated' {
  switch (constraint.type) {
    case 'unique':
      return uniqueStanding(shape.indexes, constraint);
    case 'foreign key':
      return foreignStanding(shape.constraints, constraint);
    case 'check':
      return checkStanding(shape.constraints, constraint);
    default:
      return constraint satisfies never;
  }
}

function uniqueStanding(
  indexes: readonly Index[],
  { name, columns }: Extract<NewConstraint, { type: 'unique' }>,
): Standing {
  const right = (index: Index) =>
    index.unique && !index.primary && !index.broken && index.condition === undefined && sameSet(index.columns, columns);
  if (indexes.some(right)) return 'there';
  const named = indexes.find((index) => index.name === name && !index.broken);
  return named === undefined ? 'absent' : { differs: `stands on ${named.columns.join(', ')}` };
}

const UNVALIDATED = /\bNOT VALID$/;

function foreignStanding(
  constraints: readonly Constraint[],
  { column, target }: Extract<NewConstraint, { type: 'foreign key' }>,
): Standing | 'unvalidated' {
  const own = constraints.find(
    ({ type, definition }) => type === 'foreign key' && /\((\w+)\)/.exec(definition)?.[1] === column,
  );
  if (own === undefined) return 'absent';
  const refersTo = /references\s+(?:[\w"`]+\.)?["`]?(\w+)/i.exec(own.definition)?.[1];
  if (refersTo !== target.name) return { differs: `is ${own.definition}` };
  return UNVALIDATED.test(own.definition) ? 'unvalidated' : 'there';
}

function checkStanding(
  constraints: readonly Constraint[],
  { name, words }: Extract<NewConstraint, { type: 'check' }>,
): Standing | 'unvalidated' {
  const checks = constraints.filter(({ type }) => type === 'check');
  const same = checks.find(({ definition }) => {
    const written: readonly string[] = definition.match(/\w+|[<>=]+/g) ?? [];
    return words.every((word) => written.includes(word));
  });
  if (same !== undefined) return UNVALIDATED.test(same.definition) ? 'unvalidated' : 'there';
  const named = checks.find((check) => check.name === name);
  return named === undefined ? 'absent' : { differs: `is ${named.definition}` };
}
