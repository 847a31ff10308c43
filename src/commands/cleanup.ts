import { planOrRun } from './change/own-verb.ts';
import type { CleanupOptions, ExitCode } from './command.ts';

/**
 * Plans or runs the cleanup, after which nothing can be rolled back.
 * @returns as `change`
 * @throws Problem
 */
export const run = ({ mayCopy, ...options }: CleanupOptions): Promise<ExitCode> =>
  planOrRun('cleanup', options, { change: 'cleanup-booking-ids', parameters: mayCopy ? { mayCopy } : {} });
