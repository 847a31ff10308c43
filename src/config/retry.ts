import { Problem } from '../model/problem.ts';
import { queryOf } from '../model/query.ts';
import type { ContextConfig } from './schema.ts';
import { readSecretFile } from './secrets.ts';

/** How a sync that failed is tried again. */
export const RETRY_STRATEGIES = ['laravel-queue', 'calcom-api', 'command', 'mark-pending'] as const;
type RetryStrategy = (typeof RETRY_STRATEGIES)[number];

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
  /** A Problem where its key can't be had: everything but a retry does without. undefined when nobody said. */
  readonly calcomApi: CalcomApi | Problem | undefined;
}

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
}

type RetryConfig = NonNullable<ContextConfig['retry']>;
type CalcomApiConfig = NonNullable<RetryConfig['calcomApi']>;

/**
 * What the config says of retries, with its defaults and secrets filled in.
 * @throws Problem config; of a key that can't be had it is in `calcomApi` instead
 */
export function resolveRetry({ strategy, calcomApi }: RetryConfig, reading: Reading): Retry {
  if (strategy === 'calcom-api' && calcomApi === undefined) {
    const what = `${reading.at('')}: the strategy calcom-api needs calcomApi`;
    throw new Problem('config', what, 'add "calcomApi": {"apiKey": "${env:NAME}", "sql": "SELECT …"}');
  }
  return { strategy, calcomApi: calcomApi && calcomApiOf(calcomApi, reading) };
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
