import type { UidShape } from '../model/booking-id.ts';
import type { KnownColumn } from '../model/columns.ts';
import type { Thresholds } from '../model/thresholds.ts';
import type { Target } from './target.ts';

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
  /** Seconds between refreshes before adaption. */
  readonly refreshSeconds: number;
  /** Milliseconds after which the server stops a statement of ours. */
  readonly statementTimeoutMs: number;
}
