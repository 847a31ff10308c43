import type { UidShape } from '../model/booking-id.ts';
import type { KnownColumn } from '../model/columns.ts';
import type { KnownTable } from '../model/tables.ts';
import type { Thresholds } from '../model/thresholds.ts';
import type { ChangeRules } from './changes.ts';
import type { Metrics } from './metrics.ts';
import type { Notify } from './notify.ts';
import type { OwnChecks } from './own-checks.ts';
import type { Retry } from './retry.ts';
import type { RollbackRules } from './rollback.ts';
import type { Target } from './target.ts';
import type { TextSource } from './text-source.ts';

/** A query whose duration is watched. */
export interface TimedQuery {
  readonly name: string;
  readonly sql: string;
  /** Milliseconds that it may take, with the way to the server and back. */
  readonly maxMs: number;
}

/** One database as the operator named and described it: a config's context with every default filled in. */
export interface Context {
  readonly name: string;
  /** The word that confirmations ask for, and the header's colour. */
  readonly environment: 'production' | 'staging' | 'local';
  readonly access: 'read' | 'operate';
  readonly target: Target;
  /** The appointments table; undefined schema means the session's default. */
  readonly table: { readonly schema: string | undefined; readonly name: string };
  /** Names in the database of the columns that apptop knows. */
  readonly columns: Readonly<Record<KnownColumn, string>>;
  readonly bookingIds: {
    readonly uid: UidShape;
    /** `separate-columns` says that a numeric id in the V2 column is misplaced even beside a filled uid column. */
    readonly layout: 'detect' | 'separate-columns';
  };
  readonly thresholds: Thresholds;
  /** The users' own, beside the built-in ones. */
  readonly checks: OwnChecks;
  /** Names in the database, perhaps as schema.name, of the other tables that apptop knows. */
  readonly tables: Readonly<Record<KnownTable, string>>;
  /** Where the application's feature flags are read; undefined when nobody said. */
  readonly flags: TextSource | undefined;
  /** Columns that the application writes, by table; undefined when nobody said. */
  readonly codeWrites: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * What the schema hotfix leaves behind: indexes of the appointments, and rows of Laravel's migrations table; undefined
   * where the database does not get it.
   */
  readonly hotfix: { readonly indexes: readonly string[]; readonly migrations: readonly string[] } | undefined;
  readonly timedQueries: readonly TimedQuery[];
  /** Where figures that no table holds are read. */
  readonly metrics: Metrics;
  readonly notify: Notify;
  /** How changes are guarded. */
  readonly changes: ChangeRules;
  /** How the first two levels of a rollback are done. */
  readonly rollback: RollbackRules;
  /** How a sync that failed is tried again; undefined when nobody said. */
  readonly retry: Retry | undefined;
  /** The users' own runbooks, beside the built-in ones. */
  readonly runbooks: {
    /** A folder of `.json` files, as an absolute path; undefined when nobody said. */
    readonly folder: string | undefined;
  };
  /** Seconds between refreshes before adaption. */
  readonly refreshSeconds: number;
  /** Milliseconds after which the server stops a statement of ours. */
  readonly statementTimeoutMs: number;
}
