/** The words that checks are sorted by. */
export const SYSTEMS = ['booking-ids', 'calendar-schema', 'event-correlation', 'schema', 'sync', 'own'] as const;
/** `own` are the users' checks. */
export type System = (typeof SYSTEMS)[number];

export const PHASES = ['pre', 'post', 'verify', 'monitor'] as const;
export type Phase = (typeof PHASES)[number];

/** `stop` halts a change at once, `error` blocks one, `warn` and `info` are told. Most severe first. */
export const SEVERITIES = ['stop', 'error', 'warn', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];
