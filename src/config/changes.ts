/** What proves that the data could be had back: a program that makes a dump, or a dump that something else makes. */
type BackupSource =
  | { readonly command: readonly string[]; readonly folder: string; readonly file: string }
  | { readonly file: string };

/** How changes of a database are guarded. */
export interface ChangeRules {
  /** undefined: nobody said; SQLite makes its own online backup then. */
  readonly backup: BackupSource | undefined;
  /** Minutes that a backup counts as fresh. */
  readonly backupMaxAgeMinutes: number;
  /** Hours between a move and its cleanup. */
  readonly monitorHours: number;
  /** Whether another operator must have approved a plan. */
  readonly requireApproval: boolean;
  /** Running sessions of the server above which a run waits, and at which, seen twice, it halts. */
  readonly throttle: { readonly runningThreads: number; readonly criticalThreads: number };
  /** What the cleanup does with the ledger. */
  readonly ledger: 'drop' | 'keep';
}

/**
 * Source of the monitor window: 24 to 48 hours in the summary of the migration. Of the threads: the defaults of
 * pt-online-schema-change (25 to pause, 50 to abort).
 */
export const DEFAULT_CHANGE_RULES: ChangeRules = {
  backup: undefined,
  backupMaxAgeMinutes: 60,
  monitorHours: 24,
  requireApproval: false,
  throttle: { runningThreads: 25, criticalThreads: 50 },
  ledger: 'drop',
};
