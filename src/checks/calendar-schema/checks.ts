import type { Check } from '../check.ts';
import { BEFORE_CHECKS } from './before.ts';
import { ROW_CHECKS } from './rows.ts';
import { SHAPE_CHECKS } from './shape.ts';

/** The ceremony that gives a database the tables of the calendar sync: what must hold before it, and its nine validations. */
export const CALENDAR_SCHEMA_CHECKS: readonly Check[] = [...BEFORE_CHECKS, ...ROW_CHECKS, ...SHAPE_CHECKS];
