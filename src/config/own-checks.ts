import type { Phase, Severity } from '../model/check-words.ts';

/** What every check of the users' own says about itself. */
export interface OwnFacts {
  /** The second half of its id: `own/<name>`. */
  readonly name: string;
  readonly title: string | undefined;
  readonly severity: Severity;
  readonly phases: readonly Phase[];
  readonly remedy: string | undefined;
}

/** An HTTP address that must answer. */
export interface HttpCheck extends OwnFacts {
  readonly url: string;
  readonly status: number;
  /** What the answer's text must contain. */
  readonly contains: string | undefined;
  readonly timeoutMs: number;
}

/** A command that must end with 0: no shell, no input. */
export interface CommandCheck extends OwnFacts {
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** A pattern that may stand in a log file only so often. */
export interface LogCheck extends OwnFacts {
  readonly file: string;
  /** A regular expression, in JavaScript's words, for one line. */
  readonly pattern: RegExp;
  /** How far back to look, by the times that the lines begin with. */
  readonly minutes: number;
  readonly atMost: number;
}

/** The users' own checks, as a context has them. */
export interface OwnChecks {
  /** A folder of `.sql` files, as an absolute path. */
  readonly folder: string | undefined;
  readonly http: readonly HttpCheck[];
  readonly commands: readonly CommandCheck[];
  readonly logs: readonly LogCheck[];
}

export const NO_OWN_CHECKS: OwnChecks = { folder: undefined, http: [], commands: [], logs: [] };
