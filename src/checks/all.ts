import type { Context } from '../config/context.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Check } from './check.ts';

/** Every check that a context has, in the order in which people read them. */
export async function checksOf(_context: Context): Promise<readonly Check[]> {
  return CATALOGUE;
}
