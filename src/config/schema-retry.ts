import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { RETRY_STRATEGIES } from '../model/review.ts';
import {
  BOOKING_COLUMNS,
  DEFAULT_COMMAND_SECONDS,
  DEFAULT_CONNECTIONS,
  DEFAULT_PARALLEL,
  DEFAULT_TIMEOUT_SECONDS,
} from './retry.ts';
import { choice, object, range, says, text, texts } from './schema-parts.ts';

const calcomApi = object({
  apiKey: z.optional(
    z
      .string({ error: says('must be text', 'write "${env:NAME}"') })
      .check(z.describe('The API key, best written as ${env:NAME}: nothing secret stands in the file then.')),
  ),
  apiKeyFile: z.optional(text('Path of a file that holds the API key and nothing else.')),
  baseUrl: z.optional(
    text('The address of API v2. Default: https://api.cal.com/v2. http:// is for this machine alone.'),
  ),
  parallel: z.optional(range(1, 20, `Appointments at the same time. Default: ${DEFAULT_PARALLEL}.`, true)),
  timeoutSeconds: z.optional(
    range(1, 120, `Seconds until a request is given up. Default: ${DEFAULT_TIMEOUT_SECONDS}.`),
  ),
  sql: text(
    `One SELECT that answers ${BOOKING_COLUMNS.join(', ')} for each appointment, pk being its id; null where there is none. The server refuses a write.`,
  ),
});

const command = object({
  command: texts('a text', '["php", "artisan", "appointments:sync"]').check(
    z.describe('A program and its arguments, run without a shell in the folder of the config; the ids follow them.'),
  ),
  per: z.optional(
    choice(['row', 'batch'], 'Whether it is run for each appointment (default) or once for up to 50 of them.'),
  ),
  timeoutSeconds: z.optional(
    range(1, 3600, `Seconds until it is stopped, with all that it started. Default: ${DEFAULT_COMMAND_SECONDS}.`),
  ),
});

const laravel = object({
  connections: z.optional(
    texts('a text', '["database"]').check(
      z.describe(
        `Names of the application's queue connections whose jobs stand in this database. Default: ${DEFAULT_CONNECTIONS.join(', ')}.`,
      ),
    ),
  ),
  jobs: z.optional(
    texts('a text', '["App\\\\Jobs\\\\SyncAppointmentToCalcomJob"]').check(
      z.describe(
        'Classes of the jobs and listeners that sync an appointment. Without it an appointment with failed jobs of several classes is refused.',
      ),
    ),
  ),
  appointment: z.optional(
    text("The class of the application's appointments, when it is called otherwise than Appointment."),
  ),
});

export const retry = object({
  strategy: choice(
    RETRY_STRATEGIES,
    'laravel-queue: moves the failed job back into its queue. calcom-api: asks the API of Cal.com. command: runs a program. mark-pending: leaves it to a worker that polls.',
  ),
  laravel: z.optional(laravel.check(z.describe('What the strategy laravel-queue looks for.'))),
  command: z.optional(command.check(z.describe('What the strategy command runs.'))),
  calcomApi: z.optional(calcomApi.check(z.describe('How the strategy calcom-api asks API v2 of Cal.com.'))),
});
