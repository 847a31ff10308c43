/**
 * What the process that holds a SQLite file open is asked, one thing at a time; here and not beside it, so that asking
 * loads no better-sqlite3. Its first response tells how opening the file went.
 */
export type Request = Ask | Each | BackUp;

/** What the process adds to SQL: the SHA-256 of a text or of bytes. */
export const DIGEST = 'apptop_digest';

/** What the process may do with the file, for as long as it lives. */
export type Mode = 'read' | 'write' | 'back-up';

/** One statement. */
export interface Ask {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A statement whose parameters are places in a row of values. */
export interface Template {
  readonly sql: string;
  readonly places: readonly number[];
}

/** How some rows are changed alike. */
export interface Form {
  /** Values of each row: its primary key, then what it takes. */
  readonly width: number;
  readonly update: Template;
  /** Takes the values of rows that were changed, as they are: of one, or of `many` of them. */
  readonly line: { readonly one: string; readonly several: string; readonly many: number } | undefined;
}

/** Many rows to change. Flat, as that is sent at half the cost: the number of a row's form, then its values. */
export interface Each {
  readonly forms: readonly Form[];
  readonly cells: readonly (number | string)[];
}

/** The whole database, to a file that is there and empty. */
interface BackUp {
  readonly file: string;
}

/** The cells of all rows that were found, one row after the other: names with each row would be most of the message. */
export interface Found {
  readonly names: readonly string[];
  readonly cells: readonly (string | null)[];
}

/** What comes back. */
export interface Sent {
  /** undefined where nothing was asked for. */
  readonly found?: Found;
  /** How many rows were changed. */
  readonly changes: number;
}

/** `inTransaction` is how things stand behind it: an error may have undone a transaction. */
export type Response = (Sent | { readonly error: DriverError }) & { readonly inTransaction: boolean };

export interface DriverError {
  readonly code: string;
  readonly message: string;
}
