import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { BOOKING_COLUMNS, DEFAULT_PARALLEL, DEFAULT_TIMEOUT_SECONDS, RETRY_STRATEGIES } from './retry.ts';
import { choice, object, range, says, text } from './schema-parts.ts';

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

export const retry = object({
  strategy: choice(
    RETRY_STRATEGIES,
    'laravel-queue: moves the failed job back into its queue. calcom-api: asks the API of Cal.com. command: runs a program. mark-pending: leaves it to a worker that polls.',
  ),
  calcomApi: z.optional(calcomApi.check(z.describe('How the strategy calcom-api asks API v2 of Cal.com.'))),
});
