import type { Context } from '../../config/context.ts';
import type { Check } from '../check.ts';
import { lookAtValues, lookWhetherOff } from '../flags.ts';

/** The flag that puts the engine of correlation ids in the place of the old one, and for how many calendars of 100. */
export const FLAG = 'USE_UUID_CORRELATION_SYNC';
const SHARE = 'UUID_SYNC_CALENDAR_PERCENTAGE';

// Only one stage is right at a time: a violation is told and fails nothing but the step of a runbook that asks for it.
const STAGE = { system: 'event-correlation', phases: ['pre'], severity: 'info' } as const;

const RESTART = 'in the environment of the application and restart its workers';

const SHARES = ['10', '100'] as const;
const idAt = (share: string): string => `event-correlation/flag-at-${share}`;

/** Ids of the checks that the flag is on, and for how many. */
export const STAGES: readonly string[] = SHARES.map(idAt);

const atShare = (context: Context, share: string): Check => ({
  ...STAGE,
  id: idAt(share),
  title: `The flag is on for ${share} % of the calendars`,
  reason: 'What is watched at this stage says something about it only if the application is at it.',
  remedy: `Set ${FLAG}=true and ${SHARE}=${share} ${RESTART}.`,
  lookOutside: (signal) => lookAtValues(context, { [FLAG]: 'true', [SHARE]: share }, signal),
});

/** The stages of the rollout, as the application's flags have them. */
export const stageChecks = (context: Context): readonly Check[] => [
  {
    ...STAGE,
    id: 'event-correlation/flag-off',
    title: `${FLAG} is off`,
    reason: 'What is measured before the rollout is that of the old engine: later stages are held against it.',
    remedy: `Set ${FLAG}=false ${RESTART}.`,
    lookOutside: (signal) => lookWhetherOff(context, [FLAG], signal),
  },
  ...SHARES.map((share) => atShare(context, share)),
];
