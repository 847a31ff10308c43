import { Problem } from '../model/problem.ts';
import { queryOf } from '../model/query.ts';
import type { RetryStrategy } from '../model/review.ts';
import type { ContextConfig } from './schema.ts';
import { readSecretFile } from './secrets.ts';

/** How Cal.com's API v2 is asked. */
export interface CalcomApi {
  /** Secret: printable ASCII, and nothing but what the header needs. */
  readonly apiKey: string;
  /** Without a slash at its end: `https://api.cal.com/v2`. */
  readonly baseUrl: string;
  /** Appointments at the same time. */
  readonly parallel: number;
  /** Milliseconds until a request is given up. */
  readonly timeoutMs: number;
  /** One SELECT that answers `BOOKING_COLUMNS` for each appointment. */
  readonly sql: string;
}

/** What Laravel's queue is searched for. */
export interface LaravelRetry {
  /** Names of queue connections whose jobs stand in this database. */
  readonly connections: readonly string[];
  /** Classes of the jobs that sync an appointment; undefined: whichever there is, if it is one. */
  readonly jobs: readonly string[] | undefined;
  /** The class of the appointments; undefined: any whose last part is `Appointment`. */
  readonly appointment: string | undefined;
}

/** A program that retries appointments. */
export interface CommandRetry {
  /** The program and its arguments; the ids follow them. */
  readonly command: readonly string[];
  readonly per: 'row' | 'batch';
  /** What variables put into its words: nothing of it is shown. */
  readonly secrets: readonly string[];
  /** Where it runs: the folder of the config. */
  readonly folder: string;
  readonly timeoutMs: number;
}

/** What the API needs and the appointments table lacks: the columns that `calcomApi.sql` answers with. */
export const BOOKING_COLUMNS = [
  'pk',
  'event_type_id',
  'attendee_name',
  'attendee_email',
  'attendee_phone',
  'time_zone',
  'language',
  'length_minutes',
] as const;

/** How retries are done; what a strategy needs stands beside it under the strategy's own key. */
export interface Retry {
  readonly strategy: RetryStrategy;
  readonly laravel: LaravelRetry;
  /** undefined when nobody said. */
  readonly command: CommandRetry | undefined;
  /** A Problem where its key can't be had: everything but a retry does without. undefined when nobody said. */
  readonly calcomApi: CalcomApi | Problem | undefined;
}

export const DEFAULT_CONNECTIONS: readonly string[] = ['database'];
/** Where nobody said: any job about an appointment, of the connection that Laravel calls `database`. */
export const DEFAULT_LARAVEL: LaravelRetry = {
  connections: DEFAULT_CONNECTIONS,
  jobs: undefined,
  appointment: undefined,
};
export const DEFAULT_COMMAND_SECONDS = 60;
const DEFAULT_BASE_URL = 'https://api.cal.com/v2';
export const DEFAULT_PARALLEL = 4;
export const DEFAULT_TIMEOUT_SECONDS = 10;

/** All of 127.0.0.0/8 is this machine. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/**
 * The address of the API as requests begin with it.
 * @param place where it is written down, for messages
 * @throws Problem config, without repeating it: a password may stand in it
 */
function baseUrlOf(text: string, place: string): string {
  const says = (what: string, remedy = `write "${DEFAULT_BASE_URL}"`) =>
    new Problem('config', `${place}: ${what}`, remedy);
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw says('is no address');
  if (url.username !== '' || url.password !== '') throw says('names a user', 'the key alone says who asks');
  if (url.search !== '' || url.hash !== '') throw says('has parameters', 'end it with its path');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw says('would send the key unencrypted', 'write https://, http:// is for this machine alone');
  }
  return url.href.replace(/\/+$/, '');
}

/** What may not stand in a header, by the names that people have for it. */
const UNFIT: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'is empty'],
  [/[\r\n]/, 'holds a newline'],
  [/[\0-\x1f\x7f-\x9f]/, 'holds a control character'],
  [/\s/, 'holds a space'],
  [/[^\x21-\x7e]/, 'holds a character that is not ASCII'],
];

/**
 * A key as it may go into a header.
 * @param place where it came from, for messages
 * @throws Problem config, without any part of the key
 */
function apiKeyOf(text: string, place: string): string {
  const unfit = UNFIT.find(([pattern]) => pattern.test(text));
  if (unfit === undefined) return text;
  throw new Problem('config', `${place}: ${unfit[1]}`, 'give the key alone, as Cal.com shows it: cal_…');
}

/** How texts and paths of the config are read; a key says where one stands below `retry`. */
interface Reading {
  /** A text with its `${env:NAME}` filled in. */
  readonly said: (text: string, key: string) => string;
  /** How messages call the place. */
  readonly at: (key: string) => string;
  readonly path: (path: string) => string;
  readonly shown: (path: string) => string;
  readonly folder: string;
}

type RetryConfig = NonNullable<ContextConfig['retry']>;
type CalcomApiConfig = NonNullable<RetryConfig['calcomApi']>;

/**
 * What the config says of retries, with its defaults and secrets filled in.
 * @throws Problem config; of a key that can't be had it is in `calcomApi` instead
 */
export function resolveRetry(config: RetryConfig, reading: Reading): Retry {
  const { strategy, calcomApi, command, laravel = {} } = config;
  if (strategy === 'command' && command === undefined) {
    const what = `${reading.at('')}: the strategy command needs command`;
    throw new Problem('config', what, 'add "command": {"command": ["php", "artisan", "appointments:sync"]}');
  }
  if (strategy === 'calcom-api' && calcomApi === undefined) {
    const what = `${reading.at('')}: the strategy calcom-api needs calcomApi`;
    throw new Problem('config', what, 'add "calcomApi": {"apiKey": "${env:NAME}", "sql": "SELECT …"}');
  }
  return {
    strategy,
    laravel: {
      connections: laravel.connections ?? DEFAULT_CONNECTIONS,
      jobs: laravel.jobs,
      appointment: laravel.appointment,
    },
    command: command && commandOf(command, reading),
    calcomApi: calcomApi && calcomApiOf(calcomApi, reading),
  };
}

type CommandConfig = NonNullable<RetryConfig['command']>;

function commandOf({ command, per = 'row', timeoutSeconds }: CommandConfig, { said, folder }: Reading): CommandRetry {
  const words = command.map((word, index) => [word, said(word, `command.command.${index}`)] as const);
  return {
    command: words.map(([, word]) => word),
    secrets: words.flatMap(([written, word]) => putIn(written, word)),
    per,
    folder,
    timeoutMs: (timeoutSeconds ?? DEFAULT_COMMAND_SECONDS) * 1000,
  };
}

/** What a variable put into a word; of several the whole word. */
function putIn(written: string, word: string): readonly string[] {
  if (written === word) return [];
  const [, before = '', after] = /^([^$]*)\$\{env:[^}]*\}([^$]*)$/.exec(written) ?? [];
  return [after === undefined ? word : word.slice(before.length, word.length - after.length)].filter(Boolean);
}

function calcomApiOf(config: CalcomApiConfig, reading: Reading): CalcomApi | Problem {
  const address = 'calcomApi.baseUrl';
  const { baseUrl = DEFAULT_BASE_URL, parallel = DEFAULT_PARALLEL, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = config;
  const rest = {
    baseUrl: baseUrlOf(reading.said(baseUrl, address), reading.at(address)),
    parallel,
    timeoutMs: timeoutSeconds * 1000,
    sql: queryOf(config.sql, reading.at('calcomApi.sql'), 'write one SELECT that answers for each appointment'),
  };
  try {
    return { ...rest, apiKey: findApiKey(config, reading) };
  } catch (error) {
    // Where the key is not at hand, as on a machine that only watches, all but the retry goes on.
    if (error instanceof Problem) return error;
    throw error;
  }
}

function findApiKey({ apiKey, apiKeyFile }: CalcomApiConfig, { said, at, path, shown }: Reading): string {
  if (apiKey !== undefined && apiKeyFile === undefined) {
    return apiKeyOf(said(apiKey, 'calcomApi.apiKey'), at('calcomApi.apiKey'));
  }
  if (apiKeyFile === undefined || apiKey !== undefined) {
    const ways = apiKey === undefined ? 'in no way' : 'in more than one way';
    throw new Problem(
      'config',
      `${at('calcomApi')}: the API key is given ${ways}`,
      'write one of apiKey and apiKeyFile',
    );
  }
  const key = 'calcomApi.apiKeyFile';
  const file = path(said(apiKeyFile, key));
  const name = `${at(key)}: ${shown(file)}`;
  return apiKeyOf(readSecretFile(file, name, 'key'), name);
}
