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
