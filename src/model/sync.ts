/** Statuses that the application's enum knows. Others are shown as they are. */
export const KNOWN_STATUSES = [
  'synced',
  'pending',
  'failed',
  'orphaned_local',
  'orphaned_calcom',
  'verification_pending',
] as const;

/** Origins whose rows the application pushes to Cal.com; rows of origin `calcom` came from there and never go back. */
export const PUSHED_ORIGINS = ['retell', 'admin', 'api', 'system'] as const;
export const KNOWN_ORIGINS = ['calcom', ...PUSHED_ORIGINS] as const;

/** A pending row counts as stuck when its sync began longer ago than this. */
export const STUCK_AFTER_SECONDS = 600;

/**
 * Why a sync failed. The code column is often only `RuntimeException` with the HTTP status inside the message, so a
 * cause is recognised from both. The first rule that matches wins; texts are compared without regard to case.
 */
export interface ErrorCause {
  readonly id: string;
  /** Found in the code or in the message. */
  readonly texts: readonly string[];
  readonly cause: string;
  readonly remedy: string;
}

export const ERROR_CAUSES: readonly ErrorCause[] = [
  {
    id: 'http-401',
    texts: ['HTTP_401', 'HTTP 401', 'status code 401', 'Unauthorized'],
    cause: 'invalid API key',
    remedy: 'renew the Cal.com API key of the company',
  },
  {
    id: 'http-403',
    texts: ['HTTP_403', 'HTTP 403', 'status code 403', 'Forbidden'],
    cause: 'the API key lacks the right',
    remedy: 'check the scopes of the key and the team of the event type',
  },
  {
    id: 'http-404',
    texts: ['HTTP_404', 'HTTP 404', 'status code 404', 'Not Found'],
    cause: 'invalid event type',
    remedy: 'check the event type id of the service',
  },
  {
    id: 'http-409',
    texts: ['HTTP_409', 'HTTP 409', 'status code 409'],
    cause: 'the slot is taken, or the booking exists',
    remedy: 'look the booking up in Cal.com before anything else',
  },
  {
    id: 'http-422',
    texts: ['HTTP_422', 'HTTP 422', 'status code 422', 'HTTP_400', 'HTTP 400', 'status code 400'],
    cause: 'invalid booking data',
    remedy: 'check dates, attendee and time zone of the appointment',
  },
  {
    id: 'http-429',
    texts: ['HTTP_429', 'HTTP 429', 'status code 429', 'Too Many Requests'],
    cause: 'rate limit',
    remedy: 'wait a minute; the limit is 120 requests a minute for a key',
  },
  {
    id: 'http-5xx',
    texts: ['HTTP_5', 'HTTP 5', 'status code 5', 'Server Error'],
    cause: 'Cal.com had an error',
    remedy: 'look at the status page of Cal.com, verify before a retry',
  },
  {
    id: 'network',
    texts: ['timeout', 'timed out', 'cURL error', 'Connection', 'ConnectException'],
    cause: 'network',
    remedy: 'check the route from the workers to the API',
  },
];

/** Characters of an error's code and message that are searched for its cause: the first lines are within them. */
export const SEARCHED_CHARACTERS = 500;

/** The cause of an error by its code and message, or undefined when no rule knows it. */
export function causeOf(code: string | null, message: string | null): ErrorCause | undefined {
  const texts = [code, message].map((text) => text?.slice(0, SEARCHED_CHARACTERS).toLowerCase() ?? '');
  return ERROR_CAUSES.find((cause) =>
    cause.texts.some((wanted) => texts.some((text) => text.includes(wanted.toLowerCase()))),
  );
}

/** The cause with an id that a query returned. */
export function causeById(id: string | null): ErrorCause | undefined {
  return ERROR_CAUSES.find((cause) => cause.id === id);
}
