import type { Phase, Severity } from '../model/check-words.ts';
import type { OwnChecksConfig } from './schema.ts';

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
  /** Where it runs: the folder of the config. */
  readonly folder: string;
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

/** Seconds until an address or a command is given up. */
const TIMEOUT_SECONDS = 10;

/** How texts and paths of the config are read. */
interface Reading {
  /** A text with its `${env:NAME}` filled in; the key says where it stands. */
  readonly said: (text: string, key: string) => string;
  readonly path: (path: string) => string;
  readonly folder: string;
}

interface FactsConfig {
  readonly name: string;
  readonly title?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly phases?: readonly Phase[] | undefined;
  readonly remedy?: string | undefined;
}

const factsOf = ({ name, title, severity = 'error', phases = ['monitor'], remedy }: FactsConfig): OwnFacts => ({
  name,
  title,
  severity,
  phases,
  remedy,
});

/** The users' own checks with their defaults, secrets and paths filled in. */
export function resolveOwnChecks(config: OwnChecksConfig, { said, path, folder }: Reading): OwnChecks {
  const timeoutMs = (seconds = TIMEOUT_SECONDS) => seconds * 1000;
  return {
    folder: config.folder === undefined ? undefined : path(said(config.folder, 'folder')),
    http: (config.http ?? []).map(({ url, status = 200, contains, timeoutSeconds, ...facts }, index) => ({
      ...factsOf(facts),
      url: said(url, `http[${index}].url`),
      status,
      contains,
      timeoutMs: timeoutMs(timeoutSeconds),
    })),
    commands: (config.commands ?? []).map(({ command, timeoutSeconds, ...facts }, index) => ({
      ...factsOf(facts),
      command: command.map((word, at) => said(word, `commands[${index}].command[${at}]`)),
      folder,
      timeoutMs: timeoutMs(timeoutSeconds),
    })),
    logs: (config.logs ?? []).map(({ file, pattern, minutes, atMost = 0, ...facts }, index) => ({
      ...factsOf(facts),
      file: path(said(file, `logs[${index}].file`)),
      pattern: new RegExp(pattern, 'u'),
      minutes,
      atMost,
    })),
  };
}
