import type { Check } from '../check.ts';
import { QUEUE_CHECKS } from './queues.ts';
import { RATE_CHECKS } from './rates.ts';
import { ROW_CHECKS } from './rows.ts';
import { SETUP_CHECKS } from './setup.ts';

/** The sync with Cal.com: what it stands on, its targets, what waits, and what no row may show. */
export const SYNC_CHECKS: readonly Check[] = [...SETUP_CHECKS, ...RATE_CHECKS, ...QUEUE_CHECKS, ...ROW_CHECKS];
