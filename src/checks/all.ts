import type { Context } from '../config/context.ts';
import { CATALOGUE, configuredChecks } from './catalogue.ts';
import type { Check } from './check.ts';
import { ownChecks } from './own/all.ts';

/** Every check that a context has, in the order in which people read them. Reads the folder of the users' own. */
export async function checksOf(context: Context): Promise<readonly Check[]> {
  return [...CATALOGUE, ...configuredChecks(context), ...ownChecks(context.checks)];
}
