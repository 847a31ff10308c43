import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { uidShape } from '../model/booking-id.ts';
import { PHASES, SEVERITIES } from '../model/check-words.ts';
import { KNOWN_COLUMNS } from '../model/columns.ts';
import { nearest } from '../model/nearest.ts';
import { KNOWN_TABLES } from '../model/tables.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../model/thresholds.ts';

/** Between what is wrong and what to do, in the message of every issue that this schema raises. */
export const REMEDY = ' → ';

const says = (what: string, remedy: string): string => `${what}${REMEDY}${remedy}`;

/** What was meant, when that can be guessed, else everything that is possible. */
const offer = (word: unknown, names: readonly string[]): string => {
  const meant = typeof word === 'string' ? nearest(word, names) : undefined;
  return meant === undefined ? `use one of ${names.join(', ')}` : `did you mean ${meant}?`;
};

interface RawIssue {
  readonly code: string;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

const named = (names: readonly string[], expected: string) => (issue: RawIssue) => {
  const [key] = issue.keys ?? [];
  if (key !== undefined) return says(`unknown key "${key}"`, offer(key, names));
  return says(issue.input === undefined ? 'missing' : `must be ${expected}`, `write ${expected}`);
};

const object = <Shape extends z.core.$ZodShape>(shape: Shape, expected = 'an object') =>
  z.strictObject(shape, { error: named(Object.keys(shape), expected) });

const choice = <const Names extends readonly string[]>(names: Names, description: string) =>
  z
    .enum(names, {
      error: (issue) =>
        issue.input === undefined
          ? says('missing', `write one of ${names.join(', ')}`)
          : says(`must be one of ${names.join(', ')}`, offer(issue.input, names)),
    })
    .check(z.describe(description));

const text = (description: string) =>
  z
    .string({ error: says('must be text', 'write it in double quotes') })
    .check(z.minLength(1, { error: says('is empty', 'write a value or leave the key out') }), z.describe(description));

const texts = (of: string, example: string) => {
  const error = (what: string) => says(what, `write ${example}`);
  const item = z.string({ error: error(`must be ${of}`) }).check(z.minLength(1, { error: error('is empty') }));
  return z.array(item, { error: error('must be a list') }).check(z.minLength(1, { error: error('is empty') }));
};

const range = (from: number, to: number, description: string, whole = false) => {
  const expected = `a ${whole ? 'whole ' : ''}number from ${from} to ${to}`;
  const error = says(`must be ${expected}`, `write ${expected}, without quotes`);
  const number = whole ? z.int({ error }) : z.number({ error });
  return number.check(z.gte(from, { error }), z.lte(to, { error }), z.describe(description));
};

const tls = object({
  mode: z.optional(
    choice(
      ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'],
      'disable: never. prefer: when the server offers it, unverified (default). require: always, unverified. verify-ca: signed by the CA (default when a CA is given). verify-full: and for this host name.',
    ),
  ),
  ca: z.optional(text('Path of a PEM file with the certificates to trust.')),
  certificate: z.optional(text("Path of a PEM file with this client's certificate.")),
  key: z.optional(text("Path of a PEM file with the key of this client's certificate.")),
});

const fields = object(
  {
    engine: choice(['sqlite', 'mysql', 'mariadb', 'postgres'], 'What the server is.'),
    host: z.optional(text("Name or address. Default: the local server, as the engine's own client finds it.")),
    port: z.optional(range(1, 65535, 'Default: 3306 for mysql and mariadb, 5432 for postgres.', true)),
    socket: z.optional(text('A Unix socket to use instead of host and port; for postgres its folder.')),
    user: z.optional(text("Default: as the engine's own client finds it.")),
    password: z.optional(
      z
        .string({ error: says('must be text', 'write "${env:NAME}"') })
        .check(z.describe('Best written as ${env:NAME}: nothing secret stands in the file then.')),
    ),
    passwordFile: z.optional(text('Path of a file that holds the password and nothing else.')),
    passwordCommand: z.optional(
      z
        .array(text('The program or an argument.'), {
          error: says('must be a list', 'write a program and its arguments: ["pass", "show", "db"]'),
        })
        .check(
          z.minLength(1, { error: says('is empty', 'write a program and its arguments: ["pass", "show", "db"]') }),
          z.describe('A program and its arguments, run without a shell, that prints the password within 10 s.'),
        ),
    ),
    database: z.optional(text('Name of the database; for sqlite the path of its file.')),
    tls: z.optional(tls.check(z.describe('Encryption of the connection.'))),
  },
  'a URL or an object with engine, host, user, …',
);

const share = (description: string) => z.exactOptional(range(0, 1, description));
const amount = (description: string) => z.exactOptional(range(0, 1_000_000_000, description));
const fallback = DEFAULT_THRESHOLDS;

const limits = {
  syncSuccess: share(`Least share of synced rows in 24 hours. Default: ${fallback.syncSuccess}.`),
  syncSuccess7d: share(`Least share of synced rows in 7 days. Default: ${fallback.syncSuccess7d}.`),
  correlationSync: share(
    `Least share of calendar events synced of those created in 24 hours. Default: ${fallback.correlationSync}.`,
  ),
  pendingAndFailed: share(
    `Largest share of rows pending or failed in 24 hours. Default: ${fallback.pendingAndFailed}.`,
  ),
  latencyAverage: amount(`Largest average latency of the last hour, in seconds. Default: ${fallback.latencyAverage}.`),
  latencyMax: amount(`Largest latency of the last hour, in seconds. Default: ${fallback.latencyMax}.`),
  reviewQueue: amount(`Rows in manual review that are normal. Default: ${fallback.reviewQueue}.`),
  reviewQueueWarning: amount(
    `Rows in manual review from which on it is a warning. Default: ${fallback.reviewQueueWarning}.`,
  ),
  stuckPending: amount(`Rows pending for over 10 minutes that are normal. Default: ${fallback.stuckPending}.`),
  lockSeconds: amount(`Seconds for which a lock may be held. Default: ${fallback.lockSeconds}.`),
} satisfies Record<keyof Thresholds, unknown>;

const thresholds = object(limits);

const columns = z.partialRecord(
  z.enum(KNOWN_COLUMNS),
  z.string({ error: says('must be text', "write the column's name in double quotes") }),
  { error: named(KNOWN_COLUMNS, 'an object') },
);

const tables = z.partialRecord(
  z.enum(KNOWN_TABLES),
  z.string({ error: says('must be text', 'write "table" or "schema.table"') }),
  { error: named(KNOWN_TABLES, 'an object') },
);

const flags = z.union(
  [
    object({ file: text("Path of the application's .env file.") }),
    object({
      command: texts('a text', '["ssh", "app", "env"]').check(
        z.describe('A program and its arguments, run without a shell, that prints NAME=value lines within 10 s.'),
      ),
    }),
  ],
  {
    error: says(
      'must be an object with file or command',
      'write {"file": ".env"} or {"command": ["ssh", "app", "env"]}',
    ),
  },
);

const codeWrites = z.record(z.string(), texts('a column', '["status", "starts_at"]'), {
  error: says('must be an object', 'write {"appointments": ["status", "starts_at"]}'),
});

const hotfix = object({
  indexes: z.optional(
    texts('a name', '["idx_appointments_call_id"]').check(z.describe('Indexes that the appointments table must have.')),
  ),
  migrations: z.optional(
    texts('a name', '["2025_10_18_000001_optimize"]').check(
      z.describe("Names that Laravel's migrations table must hold: its files without .php."),
    ),
  ),
});

const timedQuery = object(
  {
    name: text('What the results call it.'),
    sql: text('One reading statement. The server refuses a write.'),
    maxMs: z.optional(range(1, 3_600_000, 'Milliseconds that it may take, with its way to the server. Default: 100.')),
  },
  'an object with name and sql',
);

const bookingIds = object({
  uidPattern: z.optional(
    z.string({ error: says('must be text', 'write a pattern such as "^[A-Za-z0-9_-]{8,64}$"') }).check(
      z.refine((pattern) => uidShape(pattern) !== undefined, {
        error: says('must have the form ^[characters]{shortest,longest}$', 'the default is ^[A-Za-z0-9_-]{8,64}$'),
      }),
      z.describe('What a V2 uid looks like: ^[characters]{shortest,longest}$. Default: ^[A-Za-z0-9_-]{8,64}$.'),
    ),
  ),
  layout: z.optional(
    choice(
      ['detect', 'separate-columns'],
      'detect: a filled calcom_v2_booking_uid column says that numeric ids in the V2 column are right (default). separate-columns: they are misplaced all the same.',
    ),
  ),
});

const itemsOf = <Item extends z.core.$ZodType>(item: Item, expected: string) =>
  z.array(item, { error: says('must be a list', `write ${expected}`) });

/** A regular expression, in JavaScript's words. */
function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source !== '';
  } catch {
    return false;
  }
}

const ownFacts = {
  name: text('The second half of its id: own/NAME.').check(
    z.regex(/^[a-z0-9][a-z0-9._-]*$/i, { error: says("can't be a name", 'use letters, digits, dots and dashes') }),
  ),
  title: z.optional(text('What holds when it passes.')),
  severity: z.optional(choice(SEVERITIES, 'What a violation means. Default: error.')),
  phases: z.optional(itemsOf(choice(PHASES, 'When it is run.'), '["monitor"]')),
  remedy: z.optional(text('What to do when it fails.')),
};
const timeoutSeconds = z.optional(range(1, 600, 'Seconds until it is given up. Default: 10.'));

const ownChecks = object({
  folder: z.optional(text('A folder of .sql files, one SELECT each that returns the violating rows.')),
  http: z.optional(
    itemsOf(
      object({
        ...ownFacts,
        url: text('The address that must answer.'),
        status: z.optional(range(100, 599, 'The status that it must answer with. Default: 200.', true)),
        contains: z.optional(text("What the answer's text must contain.")),
        timeoutSeconds,
      }),
      '[{"name": …, "url": …}]',
    ),
  ),
  commands: z.optional(
    itemsOf(
      object({
        ...ownFacts,
        command: texts('a text', '["program", "word"]').check(z.describe('Program and words; no shell.')),
        timeoutSeconds,
      }),
      '[{"name": …, "command": ["program"]}]',
    ),
  ),
  logs: z.optional(
    itemsOf(
      object({
        ...ownFacts,
        file: text('The log file.'),
        pattern: text('A regular expression for one line.').check(
          z.refine(isPattern, { error: says('is no regular expression', 'write one as JavaScript understands it') }),
        ),
        minutes: range(1, 100_000, 'How far back to look, by the times that the lines begin with.', true),
        atMost: z.optional(range(0, 1_000_000_000, 'Lines that may match. Default: 0.', true)),
      }),
      '[{"name": …, "file": …, "pattern": …, "minutes": …}]',
    ),
  ),
});

const notify = object({
  command: z.optional(
    texts('a text', '["notify-send", "apptop"]').check(
      z.describe(
        'A program and its arguments, run without a shell for at most 30 s, with a JSON document as its input.',
      ),
    ),
  ),
  webhook: z.optional(text('An address that is sent the same JSON document by POST, within 10 s: https://…')),
});

const context = object({
  connection: z
    .union([text('sqlite:PATH, mysql://…, mariadb://… or postgres://…'), fields], {
      error: says('must be a URL or an object', 'write "mysql://user@host/database" or {"engine": "mysql", …}'),
    })
    .check(z.describe('A URL (sqlite:PATH, mysql://…, postgres://…) or its parts. ${env:NAME} works in every text.')),
  environment: z.optional(
    choice(['production', 'staging', 'local'], 'The word that confirmations ask for. Default: production.'),
  ),
  access: z.optional(
    choice(['read', 'operate'], 'read: nothing can be changed (default). operate: guarded changes are possible.'),
  ),
  table: z.optional(text('The appointments table: name or schema.name. Default: appointments.')),
  columns: z.optional(columns.check(z.describe('Names in the database of the columns that are called otherwise.'))),
  bookingIds: z.optional(bookingIds.check(z.describe('How booking ids look and where they stand.'))),
  thresholds: z.optional(thresholds.check(z.describe('The limits that turn figures into verdicts.'))),
  tables: z.optional(tables.check(z.describe('Names in the database of other tables: table or schema.table.'))),
  flags: z.optional(flags.check(z.describe("Where the application's feature flags are read: its .env, or a command."))),
  codeWrites: z.optional(
    codeWrites.check(z.describe('Columns that the application writes, by table; those that a table lacks are told.')),
  ),
  hotfix: z.optional(hotfix.check(z.describe('What the schema hotfix must have left behind, where names differ.'))),
  timedQueries: z.optional(
    z
      .array(timedQuery, { error: says('must be a list', 'write [{"name": "by customer", "sql": "SELECT …"}]') })
      .check(z.describe('Queries whose duration the check schema/timed-queries holds against a limit.')),
  ),
  checks: z.optional(ownChecks.check(z.describe("The users' own checks, beside the built-in ones."))),
  notify: z.optional(notify.check(z.describe('Who is told when the verdict of apptop check --watch changes.'))),
  refreshSeconds: z.optional(range(0.5, 3600, 'Seconds between refreshes. Default: 2.')),
  statementTimeoutSeconds: z.optional(range(1, 3600, 'Seconds until a statement is stopped. Default: 30.')),
});

/** The config file. Every key is described: the descriptions are the JSON Schema's. */
export const configSchema = object({
  $schema: z.optional(text('The JSON Schema of this file, for editors.')),
  contexts: z
    .record(z.string(), context, { error: says('must be an object', 'write {"NAME": {"connection": …}}') })
    .check(z.describe('Databases by the names that --context takes.')),
  defaultContext: z.optional(text('The context to use without --context. Not needed when there is only one.')),
});

export type ConfigFile = z.infer<typeof configSchema>;
export type ContextConfig = z.infer<typeof context>;
export type OwnChecksConfig = z.infer<typeof ownChecks>;
export type ConnectionFields = z.infer<typeof fields>;
