import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { uidShape } from '../model/booking-id.ts';
import { KNOWN_COLUMNS } from '../model/columns.ts';
import { KNOWN_TABLES } from '../model/tables.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../model/thresholds.ts';

import { DEFAULT_CHANGE_RULES } from './changes.ts';
import { codeWrites, flags, hotfix, metrics, notify, ownChecks, rollback, timedQuery } from './schema-checks.ts';
import { choice, named, object, range, says, text, texts } from './schema-parts.ts';
import { retry } from './schema-retry.ts';

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
    host: z.optional(
      text(
        "Name or address, or several in the order in which they are tried: db1,db2:3307. Default: the local server, as the engine's own client finds it.",
      ),
    ),
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
  syncSuccess: share(`More than this share of rows is synced in 24 hours. Default: ${fallback.syncSuccess}.`),
  syncSuccess7d: share(`More than this share of rows is synced in 7 days. Default: ${fallback.syncSuccess7d}.`),
  correlationSync: share(
    `Least share of calendar events synced of those created in 24 hours. Default: ${fallback.correlationSync}.`,
  ),
  pendingAndFailed: share(
    `Less than this share of rows is pending or failed in 24 hours. Default: ${fallback.pendingAndFailed}.`,
  ),
  latencyAverage: amount(`Largest average latency of the last hour, in seconds. Default: ${fallback.latencyAverage}.`),
  latencyMax: amount(`Largest latency of the last hour, in seconds. Default: ${fallback.latencyMax}.`),
  reviewQueue: amount(`Rows in manual review that are normal. Default: ${fallback.reviewQueue}.`),
  reviewQueueWarning: amount(
    `Rows in manual review from which on it is a warning. Default: ${fallback.reviewQueueWarning}.`,
  ),
  stuckPending: amount(`Rows pending for over 10 minutes that are normal. Default: ${fallback.stuckPending}.`),
  lockSeconds: amount(`Seconds for which a lock may be held. Default: ${fallback.lockSeconds}.`),
  webhookCascades: amount(
    `Webhook cascades that are normal, as metrics.webhookCascades counts them. Default: ${fallback.webhookCascades}.`,
  ),
  processingSeconds: amount(
    `Seconds that a webhook must take less than, as metrics.processingSeconds measures it. Default: ${fallback.processingSeconds}.`,
  ),
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

const changes = object({
  backup: z.optional(
    object({
      file: text('The dump: written by the command, or by something else. Not empty, and fresh.'),
      command: z.optional(
        texts('a text', '["sh", "dump.sh"]').check(
          z.describe(
            'A program and its arguments, run without a shell, that writes the file. Without it the file must be there.',
          ),
        ),
      ),
      maxAgeMinutes: z.optional(
        range(
          1,
          100_000,
          `Minutes that a backup counts as fresh. Default: ${DEFAULT_CHANGE_RULES.backupMaxAgeMinutes}.`,
        ),
      ),
    }).check(z.describe('What proves that the data could be had back. SQLite without it makes its own online backup.')),
  ),
  monitorHours: z.optional(
    range(0, 10_000, `Hours between a move and its cleanup. Default: ${DEFAULT_CHANGE_RULES.monitorHours}.`),
  ),
  requireApproval: z.optional(
    z
      .boolean({ error: says('must be true or false', 'write true or false without quotes') })
      .check(z.describe('Whether another operator must approve a plan before it runs. Default: false.')),
  ),
  runningThreads: z.optional(
    range(
      1,
      100_000,
      `Running sessions of the server above which a change waits. Default: ${DEFAULT_CHANGE_RULES.throttle.runningThreads}.`,
      true,
    ),
  ),
  criticalThreads: z.optional(
    range(
      1,
      100_000,
      `Running sessions at which, seen twice, a change halts. Default: ${DEFAULT_CHANGE_RULES.throttle.criticalThreads}.`,
      true,
    ),
  ),
  ledger: z.optional(choice(['drop', 'keep'], 'What the cleanup does with the ledger. Default: drop.')),
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
  hotfix: z.optional(
    hotfix.check(
      z.describe(
        'What the schema hotfix must have left behind; {} for its usual names. Without it, it is not looked for.',
      ),
    ),
  ),
  timedQueries: z.optional(
    z
      .array(timedQuery, { error: says('must be a list', 'write [{"name": "by customer", "sql": "SELECT …"}]') })
      .check(z.describe('Queries whose duration the check schema/timed-queries holds against a limit.')),
  ),
  metrics: z.optional(metrics.check(z.describe('Where figures that only the application knows are read.'))),
  checks: z.optional(ownChecks.check(z.describe("The users' own checks, beside the built-in ones."))),
  notify: z.optional(notify.check(z.describe('Who is told when the verdict of apptop check --watch changes.'))),
  changes: z.optional(changes.check(z.describe('How changes of the database are guarded.'))),
  rollback: z.optional(rollback.check(z.describe('How the first two levels of a rollback are done.'))),
  retry: z.optional(retry.check(z.describe('How the sync of an appointment is tried again.'))),
  runbooks: z.optional(
    object({
      folder: z.optional(text('A folder of .json files, a runbook each: runbook.schema.json says what stands in one.')),
    }).check(z.describe("The users' own runbooks, beside the built-in ones.")),
  ),
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
