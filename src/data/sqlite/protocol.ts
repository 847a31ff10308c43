/** What the process that reads a SQLite file is asked; here and not beside it, so that asking loads no better-sqlite3. */
export interface Request {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export type Response =
  | { readonly id: number; readonly rows: Record<string, string | null>[] }
  | { readonly id: number; readonly error: DriverError };

export interface DriverError {
  readonly code: string;
  readonly message: string;
}

/** The id of the answer that tells how opening went. */
export const OPENING = 0;
