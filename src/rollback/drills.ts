import {
  CALENDAR_FOUNDATIONS,
  CALENDAR_OUTBOUND_SYNC,
  CALENDAR_UNIQUENESS,
} from '../changes/calendar-schema/change.ts';
import type { ChangeKind } from '../changes/change.ts';
import type { Context } from '../config/context.ts';
import { duration } from '../model/format.ts';
import { type DrillKinds, type DrillReport, type DrillStep, drillCalendarSchema } from './calendar-drill.ts';
import { ROLLBACK_CALENDAR_SCHEMA } from './rollback-calendar-schema.ts';

type Drill = (context: Context, signal: AbortSignal, onStep?: (step: DrillStep) => void) => Promise<DrillReport>;

const CALENDAR: DrillKinds = {
  forward: [CALENDAR_FOUNDATIONS, CALENDAR_UNIQUENESS, CALENDAR_OUTBOUND_SYNC],
  back: ROLLBACK_CALENDAR_SCHEMA,
};

/** What can be rehearsed, by the name that the changes have for it. Each throws a Problem where it is refused. */
export const DRILLS: Readonly<Record<NonNullable<ChangeKind['drill']>, Drill>> = {
  'calendar-schema': (context, signal, onStep) => drillCalendarSchema(context, CALENDAR, signal, onStep),
};

/** How a drill went, in a line: `the drill came out as it should, in 3 s`. */
export const drillText = ({ ok, seconds }: Pick<DrillReport, 'ok' | 'seconds'>): string =>
  `the drill ${ok ? 'came out as it should' : 'failed'}, in ${duration(seconds)}`;

/** What earlier drills left behind, a line each. */
export const sweptText = ({ swept }: Pick<DrillReport, 'swept'>): readonly string[] =>
  swept.map((name) => `an earlier drill had left ${name} behind: it is gone now`);
