import { basename } from 'node:path';
import { DEFAULT_UID, uidShape } from '../model/booking-id.ts';
import { KNOWN_COLUMNS } from '../model/columns.ts';
import { recordOf } from '../model/keys.ts';
import { Problem } from '../model/problem.ts';
import { KNOWN_TABLES } from '../model/tables.ts';
import { DEFAULT_THRESHOLDS } from '../model/thresholds.ts';
import { type ChangeRules, DEFAULT_CHANGE_RULES } from './changes.ts';
import type { Context } from './context.ts';
import { METRICS, type MetricSource } from './metrics.ts';
import { completeMysql } from './mysql-client.ts';
import { webhookOf } from './notify.ts';
import { NO_OWN_CHECKS, resolveOwnChecks } from './own-checks.ts';
import { completePostgres } from './postgres-client.ts';
import { resolveRetry } from './retry.ts';
import type { RollbackRules } from './rollback.ts';
import type { ConnectionFields, ContextConfig, OwnChecksConfig } from './schema.ts';
import { expand, readSecretFile, runPasswordCommand, type Variables } from './secrets.ts';
import { absolute, type Surroundings, shown } from './surroundings.ts';
import type { Target } from './target.ts';
import type { TextSource } from './text-source.ts';
import { parseUrl } from './url.ts';
import { ANY_SERVER, type Wanted } from './wanted.ts';

/** Where a context was written down. */
export interface Origin {
  /** How messages call the place of a key: `./apptop.json: contexts.prod.table`, `--url`. */
  at(key: string): string;
  /** Relative paths start here, and passwordCommand runs here. */
  readonly folder: string;
  readonly variables: Variables;
}

/**
 * What the schema hotfix of the field leaves behind. Its document names six indexes and counts seven: the seventh is
 * the one inside the JSON of `metadata`, which has no name there.
 */
const HOTFIX: NonNullable<Context['hotfix']> = {
  indexes: [
    'idx_appointments_call_id',
    'idx_appointments_calcom_v2_booking_id',
    'idx_appointments_customer_id_starts_at',
    'idx_appointments_company_created_at',
    'idx_appointments_customer_starts_at_status',
    'idx_appointments_phone_id_company',
  ],
  migrations: ['2025_10_18_000001_optimize_appointments_database_schema'],
};

/** Milliseconds that a watched query may take unless the config says otherwise. */
const TIMED_QUERY_MS = 100;

/** A database with every default: the table and the columns as the field names them, reading only, as production. */
export function defaultContext(name: string, target: Target): Context {
  return {
    name,
    environment: 'production',
    access: 'read',
    target,
    table: { schema: undefined, name: 'appointments' },
    columns: columnNames({}),
    bookingIds: { uid: DEFAULT_UID, layout: 'detect' },
    thresholds: DEFAULT_THRESHOLDS,
    checks: NO_OWN_CHECKS,
    tables: tableNames({}),
    flags: undefined,
    codeWrites: undefined,
    hotfix: undefined,
    timedQueries: [],
    metrics: recordOf(METRICS, () => undefined),
    notify: { command: undefined, webhook: undefined },
    changes: DEFAULT_CHANGE_RULES,
    rollback: { flags: undefined, code: undefined },
    retry: undefined,
    runbooks: { folder: undefined },
    refreshSeconds: 2,
    statementTimeoutMs: 30_000,
  };
}

/**
 * A context with its secrets fetched and its defaults filled in.
 * @param name undefined means the database's own
 * @param notes receives what a person should know although it is no failure
 * @throws Problem config
 */
export async function resolveContext(
  name: string | undefined,
  config: ContextConfig,
  origin: Origin,
  around: Surroundings,
  notes: string[],
): Promise<Context> {
  const target = await resolveTarget(config.connection, origin, around, notes);
  if (target.engine === 'mysql' && target.database === undefined && !config.table?.includes('.')) {
    throw new Problem('config', `${origin.at('connection')}: names no database`, 'add it: mysql://user@host/DATABASE');
  }
  const base = defaultContext(name ?? nameOf(target), target);
  const { uidPattern, layout } = config.bookingIds ?? {};
  return {
    ...base,
    environment: config.environment ?? base.environment,
    access: config.access ?? base.access,
    table: config.table === undefined ? base.table : tableName(said(config.table, 'table', origin)),
    columns: columnNames(config.columns ?? {}, origin),
    bookingIds: {
      uid: (uidPattern === undefined ? undefined : uidShape(uidPattern)) ?? base.bookingIds.uid,
      layout: layout ?? base.bookingIds.layout,
    },
    thresholds: { ...base.thresholds, ...config.thresholds },
    checks: ownChecks(config.checks ?? {}, origin, around),
    tables: tableNames(config.tables ?? {}, origin),
    flags: config.flags && textSource(config.flags, 'flags', origin, around),
    codeWrites: config.codeWrites,
    hotfix: config.hotfix && {
      indexes: config.hotfix.indexes ?? HOTFIX.indexes,
      migrations: config.hotfix.migrations ?? HOTFIX.migrations,
    },
    timedQueries: (config.timedQueries ?? []).map((query) => ({ ...query, maxMs: query.maxMs ?? TIMED_QUERY_MS })),
    metrics: metricsOf(config.metrics ?? {}, origin, around),
    notify: notifyOf(config.notify ?? {}, origin),
    changes: changeRules(config.changes ?? {}, origin, around),
    rollback: rollbackOf(config.rollback ?? {}, origin, around),
    retry: config.retry && retryOf(config.retry, origin, around),
    runbooks: {
      folder: config.runbooks?.folder && folderOf(config.runbooks.folder, 'runbooks.folder', origin, around),
    },
    refreshSeconds: config.refreshSeconds ?? base.refreshSeconds,
    statementTimeoutMs: (config.statementTimeoutSeconds ?? base.statementTimeoutMs / 1000) * 1000,
  };
}

const said = (text: string, key: string, origin: Origin): string => expand(text, origin.variables, origin.at(key));

/** Does some work whose Problems don't know where the words that they are about stand. */
export function placed<Value>(place: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.kind, `${place}: ${error.message}`, error.remedy, { cause: error.cause });
  }
}

function tableName(text: string): Context['table'] {
  const [schema, ...name] = text.split('.');
  return name.length === 0 ? { schema: undefined, name: text } : { schema, name: name.join('.') };
}

function columnNames(names: NonNullable<ContextConfig['columns']>, origin?: Origin): Context['columns'] {
  return recordOf(KNOWN_COLUMNS, (column) => {
    const name = names[column];
    return name === undefined || origin === undefined ? column : said(name, `columns.${column}`, origin);
  });
}

function tableNames(names: NonNullable<ContextConfig['tables']>, origin?: Origin): Context['tables'] {
  return recordOf(KNOWN_TABLES, (table) => {
    const name = names[table];
    return name === undefined || origin === undefined ? table : said(name, `tables.${table}`, origin);
  });
}

function rollbackOf(
  { flags, code }: NonNullable<ContextConfig['rollback']>,
  origin: Origin,
  around: Surroundings,
): RollbackRules {
  const program = (command: readonly string[], key: string) => ({
    command: command.map((part, index) => said(part, `${key}.command[${index}]`, origin)),
    folder: origin.folder,
  });
  const file = (path: string) => absolute(said(path, 'rollback.flags.file', origin), origin.folder, around.home);
  return {
    flags:
      flags &&
      ('file' in flags ? { file: file(flags.file), set: flags.set } : program(flags.command, 'rollback.flags')),
    code: code && ('steps' in code ? { steps: code.steps } : program(code.command, 'rollback.code')),
  };
}

function textSource(
  source: NonNullable<ContextConfig['flags']>,
  key: string,
  origin: Origin,
  { home }: Surroundings,
): TextSource {
  if ('file' in source) return { file: absolute(said(source.file, `${key}.file`, origin), origin.folder, home) };
  const command = source.command.map((part, index) => said(part, `${key}.command[${index}]`, origin));
  return { command, folder: origin.folder };
}

function metricsOf(
  metrics: NonNullable<ContextConfig['metrics']>,
  origin: Origin,
  around: Surroundings,
): Context['metrics'] {
  return recordOf(METRICS, (name): MetricSource | undefined => {
    const source = metrics[name];
    if (source === undefined || 'sql' in source) return source;
    return textSource(source, `metrics.${name}`, origin, around);
  });
}

function ownChecks(checks: OwnChecksConfig, origin: Origin, { home }: Surroundings): Context['checks'] {
  return resolveOwnChecks(checks, {
    said: (text, key) => said(text, `checks.${key}`, origin),
    path: (path) => absolute(path, origin.folder, home),
    folder: origin.folder,
  });
}

const folderOf = (folder: string, key: string, origin: Origin, { home }: Surroundings): string =>
  absolute(said(folder, key, origin), origin.folder, home);

function notifyOf({ command, webhook }: NonNullable<ContextConfig['notify']>, origin: Origin): Context['notify'] {
  return {
    command: command && {
      words: command.map((word, index) => said(word, `notify.command[${index}]`, origin)),
      folder: origin.folder,
    },
    webhook:
      webhook === undefined
        ? undefined
        : webhookOf(said(webhook, 'notify.webhook', origin), origin.at('notify.webhook')),
  };
}

function changeRules(
  rules: NonNullable<ContextConfig['changes']>,
  origin: Origin,
  { home }: Surroundings,
): ChangeRules {
  const base = DEFAULT_CHANGE_RULES;
  const { backup } = rules;
  const file = backup && absolute(said(backup.file, 'changes.backup.file', origin), origin.folder, home);
  const command = backup?.command?.map((word, index) => said(word, `changes.backup.command[${index}]`, origin));
  return {
    backup:
      file === undefined ? undefined : command === undefined ? { file } : { file, command, folder: origin.folder },
    backupMaxAgeMinutes: backup?.maxAgeMinutes ?? base.backupMaxAgeMinutes,
    monitorHours: rules.monitorHours ?? base.monitorHours,
    requireApproval: rules.requireApproval ?? base.requireApproval,
    throttle: {
      runningThreads: rules.runningThreads ?? base.throttle.runningThreads,
      criticalThreads: rules.criticalThreads ?? base.throttle.criticalThreads,
    },
    ledger: rules.ledger ?? base.ledger,
  };
}

function retryOf(retry: NonNullable<ContextConfig['retry']>, origin: Origin, around: Surroundings): Context['retry'] {
  return resolveRetry(retry, {
    said: (text, key) => said(text, `retry.${key}`, origin),
    at: (key) => origin.at(key === '' ? 'retry' : `retry.${key}`),
    path: (path) => absolute(path, origin.folder, around.home),
    shown: (path) => shown(path, around),
    folder: origin.folder,
  });
}

/** The database's name, a file's without its folder and ending, or else the server's. */
function nameOf(target: Target): string {
  if (target.engine === 'sqlite') return basename(target.path).replace(/(?<=.)\.[^.]*$/, '');
  return target.database ?? target.host;
}

async function resolveTarget(
  connection: ContextConfig['connection'],
  origin: Origin,
  around: Surroundings,
  notes: string[],
): Promise<Target> {
  const wanted = await wantedOf(connection, origin, around);
  const path = (file: string) => absolute(file, origin.folder, around.home);
  if (wanted.engine === 'sqlite') return { ...wanted, path: path(wanted.path) };
  const { ca, certificate, key, mode } = wanted.tls;
  const tls = {
    mode,
    ca: ca === undefined || ca === 'system' ? ca : path(ca),
    certificate: certificate && path(certificate),
    key: key && path(key),
  };
  const complete = wanted.engine === 'mysql' ? completeMysql : completePostgres;
  return placed(origin.at('connection'), () => complete({ ...wanted, tls }, around, notes));
}

async function wantedOf(
  connection: ContextConfig['connection'],
  origin: Origin,
  around: Surroundings,
): Promise<Wanted> {
  if (typeof connection !== 'string') return wantedOfFields(connection, origin, around);
  const place = origin.at('connection');
  const url = expand(connection, origin.variables, place, encodeURIComponent);
  return placed(place, () => parseUrl(url));
}

async function wantedOfFields(fields: ConnectionFields, origin: Origin, around: Surroundings): Promise<Wanted> {
  const text = (key: string, value: string | undefined) =>
    value === undefined ? undefined : said(value, `connection.${key}`, origin);
  const database = text('database', fields.database);
  if (fields.engine === 'sqlite') {
    if (database !== undefined) return { engine: 'sqlite', path: database };
    throw new Problem('config', `${origin.at('connection.database')}: missing`, 'write the path of the SQLite file');
  }
  return {
    ...ANY_SERVER,
    engine: fields.engine === 'postgres' ? 'postgres' : 'mysql',
    host: text('host', fields.host),
    port: fields.port,
    socket: text('socket', fields.socket),
    user: text('user', fields.user),
    password: await passwordOf(fields, origin, around),
    database,
    tls: {
      mode: fields.tls?.mode,
      ca: text('tls.ca', fields.tls?.ca),
      certificate: text('tls.certificate', fields.tls?.certificate),
      key: text('tls.key', fields.tls?.key),
    },
  };
}

async function passwordOf(
  { password, passwordFile, passwordCommand }: ConnectionFields,
  origin: Origin,
  around: Surroundings,
): Promise<string | undefined> {
  if ([password, passwordFile, passwordCommand].filter((way) => way !== undefined).length > 1) {
    const what = `${origin.at('connection')}: the password is given in more than one way`;
    throw new Problem('config', what, 'keep one of password, passwordFile and passwordCommand');
  }
  if (passwordFile !== undefined) {
    const path = absolute(said(passwordFile, 'connection.passwordFile', origin), origin.folder, around.home);
    return readSecretFile(path, `${origin.at('connection.passwordFile')}: ${shown(path, around)}`, 'password');
  }
  if (passwordCommand === undefined) {
    return password === undefined ? undefined : said(password, 'connection.password', origin);
  }
  const place = 'connection.passwordCommand';
  const command = passwordCommand.map((part, index) => said(part, `${place}[${index}]`, origin));
  return runPasswordCommand(command, origin.folder, origin.at(place));
}
