import { PHASES, SEVERITIES, SYSTEMS } from '../model/check-words.ts';
import { Problem } from '../model/problem.ts';
import { RETRY_STRATEGIES } from '../model/review.ts';
import { ERROR_CAUSES } from '../model/sync.ts';
import type { ConsoleOptions, ExitCode, GlobalOptions, GuardedOptions } from './command.ts';

/** An option as the command line, the help and the shells' completion know it. */
export interface Option {
  readonly name: string;
  readonly type: 'flag' | 'text' | 'number';
  /** ASCII: yargs lays the help out on every start, and measuring more than ASCII costs it 17 ms. */
  readonly description: string;
  /** What a shell offers for the value. */
  readonly values?: 'files' | readonly string[];
}

/** What an operator wrote behind a command, by option name. */
export interface Written {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** Of one that may be given again. */
  texts(name: string): readonly string[];
  /** @throws Problem usage, unless it is a whole number from 1 */
  count(name: string): number | undefined;
  /** The words that are no options. */
  readonly words: readonly string[];
}

/** A verb of the command line. Its module is loaded when it runs. */
export interface Command {
  readonly name: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** What the word behind the verb may be; behind it perhaps another one, or any number of ids: the command judges those. */
  readonly word?: {
    readonly name: string;
    readonly values: readonly string[];
    readonly second?: 'a change or a run' | 'a runbook' | 'ids';
  };
  /** Takes any number of words, which it judges itself. */
  readonly words?: true;
  /** A Problem that it rejects with is printed as one line with its remedy, and ends with exit code 3. */
  run(written: Written): Promise<ExitCode>;
}

const ascii: Option = { name: 'ascii', type: 'flag', description: 'draw with ASCII only' };
const lowBandwidth: Option = { name: 'low-bandwidth', type: 'flag', description: 'draw less, and less often' };
const includeDeleted: Option = { name: 'include-deleted', type: 'flag', description: 'count soft-deleted rows too' };
const json: Option = { name: 'json', type: 'flag', description: 'for programs: one JSON document' };
const connection: readonly Option[] = [
  { name: 'context', type: 'text', description: 'the database of this name in the config' },
  { name: 'config', type: 'text', description: 'the config file', values: 'files' },
  {
    name: 'url',
    type: 'text',
    description: 'a database without a config: sqlite:PATH, mysql://HOST/NAME, postgres://HOST/NAME',
  },
];

const globalOptions = (written: Written): GlobalOptions => ({
  context: written.text('context'),
  config: written.text('config'),
  url: written.text('url'),
  ascii: written.flag('ascii'),
  lowBandwidth: written.flag('low-bandwidth'),
});
const consoleOptions = (written: Written): ConsoleOptions => ({
  ...globalOptions(written),
  includeDeleted: written.flag('include-deleted'),
});

const backup: Option = { name: 'backup', type: 'text', description: 'the dump that proves a backup', values: 'files' };
const noThrottle: Option = {
  name: 'no-throttle',
  type: 'flag',
  description: 'do not wait for replicas and busy servers',
};
const tolerate: Option = {
  name: 'tolerate',
  type: 'number',
  description: 'by so many rows each count may differ from the plan when it runs',
};
const mayCopy: Option = { name: 'may-copy', type: 'flag', description: 'the server may copy the table for it' };
/** What all verbs that plan and run a change take. */
const guarded: readonly Option[] = [
  ...connection,
  { name: 'out', type: 'text', description: 'plan: keep the plan in this file', values: 'files' },
  { name: 'plan', type: 'text', description: 'run: the plan in this file', values: 'files' },
  { name: 'confirm', type: 'text', description: 'run: the phrase that the plan asks for' },
  { name: 'reason', type: 'text', description: 'run: why, a ticket; production needs one' },
];
const guardedOptions = (written: Written): GuardedOptions => ({
  ...globalOptions(written),
  json: written.flag('json'),
  out: written.text('out'),
  plan: written.text('plan'),
  confirm: written.text('confirm'),
  reason: written.text('reason'),
  backup: written.text('backup'),
  noThrottle: written.flag('no-throttle'),
  tolerate: written.count('tolerate'),
});

/** The action of a command that has several. @throws Problem usage */
function actionOf<Action extends string>(verb: string, [word]: readonly string[], actions: readonly Action[]): Action {
  const action = actions.find((name) => name === word);
  if (action === undefined) throw new Problem('usage', `${verb} needs a word`, `give one of ${actions.join(', ')}`);
  return action;
}

const runStatus = async (written: Written): Promise<ExitCode> =>
  (await import('./status.ts')).run({ ...consoleOptions(written), json: written.flag('json') });

/** Without a verb: the console, or the status where nobody could look at a console. */
export const CONSOLE: Command = {
  name: 'console',
  description: 'open the console (without a terminal: print the status once)',
  options: [...connection, ascii, lowBandwidth, includeDeleted],
  run: async (written) =>
    process.stdout.isTTY ? (await import('./console.ts')).run(consoleOptions(written)) : runStatus(written),
};

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
const AUDIT_ACTIONS = ['list', 'verify'] as const;
const CHANGE_ACTIONS = ['list', 'plan', 'run', 'pause', 'resume', 'cancel', 'status', 'approve', 'drill'] as const;
const REVIEW_ACTIONS = ['list', 'retry', 'dismiss', 'take', 'release', 'note', 'settle', 'results'] as const;
const PLAN_ACTIONS = ['plan', 'run'] as const;
const ROLLBACK_ACTIONS = ['plan', 'run', 'levels'] as const;
const RUNBOOK_ACTIONS = ['list', 'show', 'run', 'status', 'sign', 'stop', 'decide', 'abort', 'report'] as const;

/** The verbs in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'demo',
    description: 'open the console on a demo database that lives',
    options: [
      { name: 'rows', type: 'number', description: 'how many appointments, instead of 128' },
      { name: 'still', type: 'flag', description: 'nothing happens in the database' },
      ascii,
      lowBandwidth,
      includeDeleted,
    ],
    run: async (written) =>
      (await import('./demo.ts')).run({
        ...consoleOptions(written),
        rows: written.count('rows'),
        still: written.flag('still'),
      }),
  },
  {
    name: 'init',
    description: 'find the database of an application and write the config',
    options: [
      ...connection.filter(({ name }) => name !== 'config'),
      { name: 'output', type: 'text', description: 'where the config goes, instead of ./apptop.json', values: 'files' },
      { name: 'force', type: 'flag', description: 'replace a config that is there' },
    ],
    run: async (written) =>
      (await import('./init.ts')).run({
        ...globalOptions(written),
        output: written.text('output'),
        force: written.flag('force'),
      }),
  },
  {
    name: 'doctor',
    description: 'test connection, privileges, columns and terminal',
    options: [...connection, json, ascii],
    run: async (written) =>
      (await import('./doctor.ts')).run({ ...globalOptions(written), json: written.flag('json') }),
  },
  {
    name: 'status',
    description: 'print the state once; exit code 0 healthy, 1 degraded, 2 stop, 3 could not tell',
    options: [...connection, json, ascii, includeDeleted],
    run: runStatus,
  },
  {
    name: 'check',
    description: 'run checks, all or those named; exit code 0 healthy, 1 degraded, 2 stop, 3 could not tell',
    options: [
      ...connection,
      { name: 'system', type: 'text', description: 'only checks of this system', values: SYSTEMS },
      { name: 'phase', type: 'text', description: 'only checks of this phase', values: PHASES },
      { name: 'severity', type: 'text', description: 'only this severity and the graver ones', values: SEVERITIES },
      { name: 'list', type: 'flag', description: 'say which checks there are, and run none' },
      json,
      { name: 'junit', type: 'text', description: 'write a JUnit report to this file, - for stdout', values: 'files' },
      { name: 'watch', type: 'text', description: 'run again after 60s, 5m, 1h and print what changes' },
      { name: 'code', type: 'text', description: "the folder of the application's source", values: 'files' },
      ascii,
    ],
    words: true,
    run: async (written) =>
      (await import('./check.ts')).run({
        ...globalOptions(written),
        ids: written.words,
        system: written.text('system'),
        phase: written.text('phase'),
        severity: written.text('severity'),
        list: written.flag('list'),
        json: written.flag('json'),
        junit: written.text('junit'),
        watch: written.text('watch'),
        code: written.text('code'),
      }),
  },
  {
    name: 'metrics',
    description: 'print snapshot and checks once in the text format of Prometheus',
    options: [...connection, { name: 'snapshot-only', type: 'flag', description: 'run no checks' }, includeDeleted],
    run: async (written) =>
      (await import('./metrics.ts')).run({ ...consoleOptions(written), snapshotOnly: written.flag('snapshot-only') }),
  },
  {
    name: 'review',
    description: 'the manual review queue: list, retry, dismiss, take, release, note, settle, results',
    options: [
      ...connection,
      { name: 'code', type: 'text', description: 'only rows with this error code' },
      {
        name: 'cause',
        type: 'text',
        description: 'only rows whose error has this cause',
        values: ERROR_CAUSES.map(({ id }) => id),
      },
      { name: 'origin', type: 'text', description: 'only rows of this origin' },
      { name: 'status', type: 'text', description: 'only rows with this sync status' },
      { name: 'source', type: 'text', description: 'only rows of this source' },
      { name: 'tenant', type: 'text', description: 'only rows of this tenant' },
      { name: 'text', type: 'text', description: 'only rows with this text in a column of the list' },
      { name: 'all', type: 'flag', description: 'the whole queue' },
      { name: 'dry-run', type: 'flag', description: 'only say what would happen' },
      {
        name: 'strategy',
        type: 'text',
        description: 'retry: another way than that of the config',
        values: RETRY_STRATEGIES,
      },
      { name: 'wait', type: 'text', description: 'retry: wait so long for what comes of it: 60s, 5m' },
      { name: 'limit', type: 'number', description: 'list: so many rows instead of 100' },
      { name: 'confirm', type: 'text', description: 'Y where it is about more than one row' },
      { name: 'reason', type: 'text', description: 'dismiss, note: why, or what' },
      json,
      ascii,
      lowBandwidth,
      includeDeleted,
    ],
    word: { name: 'action', values: REVIEW_ACTIONS, second: 'ids' },
    run: async (written) => {
      const action = actionOf('review', written.words, REVIEW_ACTIONS);
      return (await import('./review.ts')).run({
        ...globalOptions(written),
        action,
        ids: written.words.slice(1),
        code: written.text('code'),
        cause: written.text('cause'),
        origin: written.text('origin'),
        status: written.text('status'),
        source: written.text('source'),
        tenant: written.text('tenant'),
        text: written.text('text'),
        includeDeleted: written.flag('include-deleted'),
        all: written.flag('all'),
        dryRun: written.flag('dry-run'),
        strategy: written.text('strategy'),
        wait: written.text('wait'),
        limit: written.count('limit'),
        confirm: written.text('confirm'),
        reason: written.text('reason'),
        json: written.flag('json'),
      });
    },
  },
  {
    name: 'change',
    description: 'change the database: list, plan, run, pause, resume, cancel, status, approve, drill',
    options: [
      ...guarded,
      {
        name: 'decide',
        type: 'text',
        description: 'PK=keep-v1,PK=keep-v2,PK=skip, or a file of these',
        values: 'files',
      },
      { name: 'calendar', type: 'text', description: 'backfill: only the events of this calendar' },
      { name: 'batch-size', type: 'number', description: 'backfill: so many events a batch, instead of 50' },
      {
        name: 'to',
        type: 'text',
        description: 'rollback: keep the migrations up to this one',
        values: ['0', '1', '2'],
      },
      backup,
      noThrottle,
      tolerate,
      mayCopy,
      { name: 'take-over', type: 'flag', description: 'resume: take the run from whoever holds it' },
      json,
      ascii,
      lowBandwidth,
    ],
    word: { name: 'action', values: CHANGE_ACTIONS, second: 'a change or a run' },
    run: async (written) => {
      const action = actionOf('change', written.words, CHANGE_ACTIONS);
      return (await import('./change.ts')).run({
        ...guardedOptions(written),
        action,
        subject: written.words[1],
        decide: written.text('decide'),
        calendar: written.text('calendar'),
        batchSize: written.count('batch-size'),
        to: written.text('to'),
        takeOver: written.flag('take-over'),
        mayCopy: written.flag('may-copy'),
      });
    },
  },
  {
    name: 'rollback',
    description: 'plan, run: give moved rows their old ids back, all or some; levels: which way back is called for',
    options: [
      ...guarded,
      { name: 'runs', type: 'text', description: 'only what these runs moved: 3,4' },
      { name: 'tenant', type: 'text', description: 'only rows of this tenant' },
      { name: 'ids', type: 'text', description: 'only rows with these primary keys: 1,2' },
      { name: 'from-backup', type: 'flag', description: 'by the backup column instead of the ledger' },
      noThrottle,
      tolerate,
      json,
      ascii,
      lowBandwidth,
    ],
    word: { name: 'action', values: ROLLBACK_ACTIONS },
    run: async (written) => {
      const action = actionOf('rollback', written.words, ROLLBACK_ACTIONS);
      return (await import('./rollback.ts')).run({
        ...guardedOptions(written),
        action,
        runs: written.text('runs'),
        tenant: written.text('tenant'),
        ids: written.text('ids'),
        fromBackup: written.flag('from-backup'),
      });
    },
  },
  {
    name: 'cleanup',
    description: 'plan, run: drop the backup column after a move; no rollback is possible after it',
    options: [...guarded, backup, mayCopy, json, ascii, lowBandwidth],
    word: { name: 'action', values: PLAN_ACTIONS },
    run: async (written) => {
      const action = actionOf('cleanup', written.words, PLAN_ACTIONS);
      return (await import('./cleanup.ts')).run({
        ...guardedOptions(written),
        action,
        mayCopy: written.flag('may-copy'),
      });
    },
  },
  {
    name: 'runbook',
    description: 'carry out runbooks: list, show, run, status, sign, stop, decide, abort, report',
    options: [
      ...connection,
      { name: 'file', type: 'text', description: 'a runbook of your own', values: 'files' },
      { name: 'step', type: 'text', description: 'run: this step instead of the next one' },
      { name: 'all', type: 'flag', description: 'run: every step that needs neither a time nor a person' },
      { name: 'skip', type: 'text', description: 'run: leave this optional step out' },
      { name: 'tick', type: 'text', description: 'run: STEP=NAME, who answers for a manual step; may be given again' },
      { name: 'note', type: 'text', description: 'run: what is to be remembered of the step' },
      { name: 'confirm', type: 'text', description: 'run: the phrase that the plan of a change asks for' },
      backup,
      { name: 'role', type: 'text', description: 'sign: for which role' },
      { name: 'statement', type: 'text', description: "sign: other words than the runbook's" },
      { name: 'condition', type: 'text', description: 'stop: the stop condition that holds' },
      { name: 'name', type: 'text', description: 'who signs, stops, decides, aborts or begins anew' },
      { name: 'reason', type: 'text', description: 'why; a ticket' },
      { name: 'out', type: 'text', description: 'report, run: write the report to this file', values: 'files' },
      { name: 'html', type: 'flag', description: 'report, run: one page instead of Markdown' },
      json,
      ascii,
      lowBandwidth,
    ],
    word: { name: 'action', values: RUNBOOK_ACTIONS, second: 'a runbook' },
    run: async (written) => {
      const action = actionOf('runbook', written.words, RUNBOOK_ACTIONS);
      return (await import('./runbook.ts')).run({
        ...globalOptions(written),
        action,
        subject: written.words[1],
        file: written.text('file'),
        step: written.text('step'),
        all: written.flag('all'),
        skip: written.text('skip'),
        tick: written.texts('tick').join(',') || undefined,
        note: written.text('note'),
        confirm: written.text('confirm'),
        backup: written.text('backup'),
        role: written.text('role'),
        statement: written.text('statement'),
        condition: written.text('condition'),
        out: written.text('out'),
        html: written.flag('html'),
        name: written.text('name'),
        reason: written.text('reason'),
        json: written.flag('json'),
      });
    },
  },
  {
    name: 'report',
    description: 'print the state of a database with its checks, changes, runbooks and review queue, as Markdown',
    options: [
      ...connection,
      { name: 'out', type: 'text', description: 'write it to this file', values: 'files' },
      { name: 'html', type: 'flag', description: 'one page instead of Markdown' },
      includeDeleted,
    ],
    run: async (written) =>
      (await import('./report.ts')).run({
        ...consoleOptions(written),
        out: written.text('out'),
        html: written.flag('html'),
      }),
  },
  {
    name: 'audit',
    description:
      'list: who changed what; verify: whether the record is whole, exit code 0 fine, 2 broken, 3 could not tell',
    options: [...connection, json, ascii],
    word: { name: 'action', values: AUDIT_ACTIONS },
    run: async (written) => {
      const action = actionOf('audit', written.words, AUDIT_ACTIONS);
      return (await import('./audit.ts')).run({ ...globalOptions(written), action, json: written.flag('json') });
    },
  },
  {
    name: 'completion',
    description: 'print the completion script of a shell',
    options: [],
    word: { name: 'shell', values: SHELLS },
    run: async (written) => {
      const shell = SHELLS.find((name) => name === written.words[0]);
      if (shell === undefined)
        throw new Problem('usage', 'completion needs a shell', `give one of ${SHELLS.join(', ')}`);
      return (await import('./completion.ts')).run(shell);
    },
  },
];
