/**
 * What the process that reads a SQLite file is asked, one thing at a time; here and not beside it, so that asking loads
 * no better-sqlite3. Its first response tells how opening the file went.
 */
export interface Request {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export type Response = { readonly rows: Readonly<Record<string, string | null>>[] } | { readonly error: DriverError };

export interface DriverError {
  readonly code: string;
  readonly message: string;
}
