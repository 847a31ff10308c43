/** What every command is told. undefined means that the operator did not say. */
export interface GlobalOptions {
  /** The name of a context in the config file. */
  readonly context: string | undefined;
  /** The path of a config file. */
  readonly config: string | undefined;
  /** One database, without any config file: `sqlite:PATH`, `mysql://…` or `postgres://…`. */
  readonly url: string | undefined;
  /** Draw with ASCII only. */
  readonly ascii: boolean;
  /** Draw less and less often: a slow link. */
  readonly lowBandwidth: boolean;
}

export interface ConsoleOptions extends GlobalOptions {
  /** Count soft-deleted rows too. */
  readonly includeDeleted: boolean;
}

export interface StatusOptions extends ConsoleOptions {
  readonly json: boolean;
}

export interface CheckOptions extends GlobalOptions {
  /** Whole ids; none means all. */
  readonly ids: readonly string[];
  readonly system: string | undefined;
  readonly phase: string | undefined;
  /** This one and the more severe ones. */
  readonly severity: string | undefined;
  /** Say which checks there are instead of running them. */
  readonly list: boolean;
  readonly json: boolean;
  /** Where a JUnit report goes; `-` is stdout. */
  readonly junit: string | undefined;
  /** How often to run again: `60s`. */
  readonly watch: string | undefined;
  /** The folder of the application's source. */
  readonly code: string | undefined;
}

export interface MetricsOptions extends ConsoleOptions {
  /** Leave the checks out. */
  readonly snapshotOnly: boolean;
}

export interface DemoOptions extends ConsoleOptions {
  /** How many appointments; undefined means the 128 of the field. */
  readonly rows: number | undefined;
  /** Without the simulator. */
  readonly still: boolean;
}

export interface DoctorOptions extends GlobalOptions {
  readonly json: boolean;
}

export interface InitOptions extends GlobalOptions {
  /** Replace a config that is there. */
  readonly force: boolean;
  /** Where the config goes; undefined means `./apptop.json`. */
  readonly output: string | undefined;
}

export interface AuditOptions extends GlobalOptions {
  readonly action: 'list' | 'verify';
  readonly json: boolean;
}

/** What the commands that change something are told. */
export interface GuardedOptions extends GlobalOptions {
  readonly json: boolean;
  /** The file that a plan is kept in. */
  readonly out: string | undefined;
  /** The file of a plan that was kept. */
  readonly plan: string | undefined;
  /** The phrase that the plan asks for. */
  readonly confirm: string | undefined;
  readonly reason: string | undefined;
  /** The path of a dump. */
  readonly backup: string | undefined;
  readonly noThrottle: boolean;
  /** Rows by which each count may differ from the plan when it runs. */
  readonly tolerate: number | undefined;
}

export interface ChangeOptions extends GuardedOptions {
  readonly action: 'list' | 'plan' | 'run' | 'pause' | 'resume' | 'cancel' | 'status' | 'approve' | 'drill';
  /** The id of a change, or the number of a run; what to rehearse. */
  readonly subject: string | undefined;
  /** Decisions as `PK=keep-v1,PK=skip`, or a file of them. */
  readonly decide: string | undefined;
  /** The id of a calendar. */
  readonly calendar: string | undefined;
  /** Rows of a batch. */
  readonly batchSize: number | undefined;
  /** The migration to go back to: `0`, `1` or `2`. */
  readonly to: string | undefined;
  readonly takeOver: boolean;
  /** The server may copy the table. */
  readonly mayCopy: boolean;
}

export interface RollbackOptions extends GuardedOptions {
  readonly action: 'plan' | 'run' | 'levels';
  /** Numbers of runs with commas between them. */
  readonly runs: string | undefined;
  readonly tenant: string | undefined;
  /** Primary keys with commas between them. */
  readonly ids: string | undefined;
  readonly fromBackup: boolean;
}

export interface CleanupOptions extends GuardedOptions {
  readonly action: 'plan' | 'run';
  /** The server may copy the table. */
  readonly mayCopy: boolean;
}

export interface ReviewOptions extends GlobalOptions {
  readonly action: 'list' | 'retry' | 'dismiss' | 'take' | 'release' | 'note' | 'settle' | 'results';
  /** Primary keys; of `results` the number of a run. */
  readonly ids: readonly string[];
  readonly code: string | undefined;
  /** An id of `ERROR_CAUSES`. */
  readonly cause: string | undefined;
  readonly origin: string | undefined;
  readonly status: string | undefined;
  readonly source: string | undefined;
  readonly tenant: string | undefined;
  readonly text: string | undefined;
  /** Soft-deleted rows too. */
  readonly includeDeleted: boolean;
  /** The whole queue. */
  readonly all: boolean;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  /** Another strategy than that of the config. */
  readonly strategy: string | undefined;
  /** How long to wait for what comes of a retry: `60s`. */
  readonly wait: string | undefined;
  /** Rows of a list. */
  readonly limit: number | undefined;
  readonly confirm: string | undefined;
  readonly reason: string | undefined;
  readonly json: boolean;
}

export interface ReportOptions extends ConsoleOptions {
  /** The file that the report goes to; undefined means stdout. */
  readonly out: string | undefined;
  /** A page instead of Markdown. */
  readonly html: boolean;
}

export interface RunbookOptions extends GlobalOptions {
  readonly action: 'list' | 'show' | 'run' | 'status' | 'sign' | 'stop' | 'decide' | 'abort' | 'report';
  /** The id of a runbook; of `report` the number of a run, too. */
  readonly subject: string | undefined;
  /** The path of a runbook. */
  readonly file: string | undefined;
  readonly step: string | undefined;
  /** Every step that needs nobody. */
  readonly all: boolean;
  /** An optional step to leave out. */
  readonly skip: string | undefined;
  /** Who answers for which manual step: `ID=NAME,ID=NAME`. */
  readonly tick: string | undefined;
  readonly note: string | undefined;
  readonly confirm: string | undefined;
  readonly reason: string | undefined;
  readonly backup: string | undefined;
  readonly role: string | undefined;
  readonly statement: string | undefined;
  /** Who signs, stops, decides or aborts; the account by default. */
  readonly name: string | undefined;
  /** The stop condition that a person says holds. */
  readonly condition: string | undefined;
  /** The file that a report goes to; undefined means stdout. */
  readonly out: string | undefined;
  /** A page instead of Markdown. */
  readonly html: boolean;
  readonly json: boolean;
}

/** As monitoring systems know them. */
export const EXIT = {
  healthy: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
