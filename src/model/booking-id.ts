/**
 * Booking ids: what a single value is, and what the pair of columns in a row means. This file is the truth on every
 * engine; SQL only computes kinds of values and is held equal to `kindOfValue` by tests.
 */

/** What a single value is. In a V1 column `uid` and `ambiguous` are both impossible values. */
export type ValueKind = 'null' | 'v1' | 'uid' | 'ambiguous';

export const ROW_CLASSES = ['none', 'v1', 'v2', 'both', 'misplaced', 'duplicate', 'conflict', 'review'] as const;
export type RowClass = (typeof ROW_CLASSES)[number];

/** Cal.com's `Booking.id` is a 32-bit signed autoincrement. */
export const LARGEST_V1 = '2147483647';

/** The characters and lengths (in characters, all ASCII) of a V2 uid. */
export interface UidShape {
  /** The inside of a regular expression's bracket, for example `A-Za-z0-9_-`. */
  readonly characters: string;
  readonly shortest: number;
  readonly longest: number;
}

/** Cal.com's own uids are 22 characters; self-hosted ones differ. */
export const DEFAULT_UID: UidShape = { characters: 'A-Za-z0-9_-', shortest: 8, longest: 64 };

const canonicalDecimal = /^[1-9][0-9]{0,9}$/;
const digitsOnly = /^[0-9]*$/;

/**
 * A uid shape from its pattern. Only `^[characters]{shortest,longest}$` with ASCII letters, digits, ranges, `_` and a
 * closing `-` is accepted, because the same shape has to be said in three dialects of SQL.
 * @returns undefined when the pattern is of another form
 */
export function uidShape(pattern: string): UidShape | undefined {
  const match = /^\^\[((?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_])+-?)\]\{(\d{1,3}),(\d{1,3})\}\$$/.exec(pattern);
  const [, characters, shortest, longest] = match ?? [];
  if (characters === undefined || shortest === undefined || longest === undefined) return undefined;
  const shape = { characters, shortest: Number(shortest), longest: Number(longest) };
  return shape.shortest >= 1 && shape.shortest <= shape.longest && shape.longest <= 255 ? shape : undefined;
}

/** Whether a value is a V1 id: canonical decimal digits within 32 bits. */
function isV1(value: string): boolean {
  return canonicalDecimal.test(value) && (value.length < LARGEST_V1.length || value <= LARGEST_V1);
}

/** By the inside of the bracket, as a change asks for each row: 0.02 µs a value, with a new one each time 0.08. */
const patterns = new Map<string, RegExp>();

/** Matches texts of these characters alone. */
function onlyOf(characters: string): RegExp {
  const pattern = patterns.get(characters) ?? new RegExp(`^[${characters}]+$`);
  patterns.set(characters, pattern);
  return pattern;
}

/** The kind of a booking id as it stands in a column, byte for byte, without trimming or folding. */
export function kindOfValue(value: string | null, uid: UidShape = DEFAULT_UID): ValueKind {
  if (value === null) return 'null';
  if (isV1(value)) return 'v1';
  if (digitsOnly.test(value)) return 'ambiguous';
  if (value.length < uid.shortest || value.length > uid.longest) return 'ambiguous';
  return onlyOf(uid.characters).test(value) ? 'uid' : 'ambiguous';
}

/** What is known of the two columns of a row. */
export interface RowKinds {
  readonly v1: ValueKind;
  readonly v2: ValueKind;
  /** Both are V1 ids and the same one. */
  readonly equal: boolean;
  /** The V1 column is unique and another row already holds the id that a move would put there. */
  readonly taken: boolean;
  /** The uid stands in a third column and the numeric id in the V2 column on purpose. */
  readonly byDesign: boolean;
}

/** The class of a row. The eight classes are exclusive and add up to the total. */
export function classOfRow(row: RowKinds): RowClass {
  if (row.v2 === 'ambiguous' || row.v1 === 'ambiguous' || row.v1 === 'uid') return 'review';
  if (row.v2 === 'v1') {
    if (row.byDesign) return 'both';
    if (row.v1 === 'null') return row.taken ? 'conflict' : 'misplaced';
    return row.equal ? 'duplicate' : 'conflict';
  }
  if (row.v2 === 'uid') return row.v1 === 'v1' ? 'both' : 'v2';
  return row.v1 === 'v1' ? 'v1' : 'none';
}

/** What each class means, and what the move would do to a row of it. */
export const CLASS_MEANING: Readonly<Record<RowClass, { readonly meaning: string; readonly move: string }>> = {
  none: { meaning: 'no Cal.com id', move: 'nothing: there is no id' },
  v1: { meaning: 'V1 id in its column', move: 'nothing: it is right' },
  v2: { meaning: 'V2 uid in its column', move: 'nothing: it is right' },
  both: { meaning: 'V1 id and V2 uid, each in its column', move: 'nothing: it is right' },
  misplaced: { meaning: 'V1 id in the V2 column', move: 'move the id to the V1 column, clear the V2 column' },
  duplicate: { meaning: 'the same V1 id in both columns', move: 'clear the V2 column' },
  conflict: { meaning: 'two different V1 ids, or the V1 id is taken', move: 'nothing: an operator decides' },
  review: { meaning: 'a value that is neither a V1 id nor a uid', move: 'nothing: an operator decides' },
};

/**
 * The five overlapping lines of the migration's summary. A row can count in several, so they add up to more than the
 * total: a row with both ids counts as V1, as V2 and as both.
 */
export interface SummaryLines {
  readonly v1InV1Column: number;
  readonly v2InV2Column: number;
  readonly v1InV2Column: number;
  readonly both: number;
  readonly none: number;
}

/** How a group of rows with the same kinds counts in each of the five lines: 0 or 1. */
export function linesOfRow(row: RowKinds): SummaryLines {
  return {
    v1InV1Column: row.v1 === 'v1' ? 1 : 0,
    v2InV2Column: row.v2 === 'uid' ? 1 : 0,
    v1InV2Column: row.v2 === 'v1' && !row.byDesign ? 1 : 0,
    both: row.v1 !== 'null' && row.v2 !== 'null' ? 1 : 0,
    none: row.v1 === 'null' && row.v2 === 'null' ? 1 : 0,
  };
}
