import * as z from 'zod/mini';
import type { Selection } from '../../data/queries/review-rows.ts';
import { KNOWN_COLUMNS } from '../../model/columns.ts';
import { count } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Parameters } from '../change.ts';

/** Rows that may be named one by one: each is a parameter of every statement. */
const MOST_IDS = 10_000;

const value = z.optional(z.nullable(z.string()));

const filter = z.strictObject({
  source: value,
  tenant: value,
  origin: value,
  status: value,
  errorCode: value,
  cause: value,
  text: z.optional(z.strictObject({ needle: z.string(), inverse: z.boolean() })),
  includesDeleted: z.boolean(),
});

const selection = z.union([
  z.object({ ids: z.array(z.string()) }),
  z.object({ filter, columns: z.array(z.enum(KNOWN_COLUMNS)) }),
]);

/**
 * Which rows an action is about, as its parameters say it.
 * @throws Problem usage
 */
export function selectionOf(parameters: Parameters): Selection {
  const { success, data } = z.safeParse(selection, parameters);
  if (!success) throw new Problem('usage', 'nothing says which rows are meant', 'name their ids, or a filter');
  if (!('ids' in data)) {
    // What is undefined is left out: that a filter says nothing of.
    const said = Object.fromEntries(Object.entries(data.filter).filter(([, wanted]) => wanted !== undefined));
    return { filter: { ...said, includesDeleted: data.filter.includesDeleted }, columns: data.columns };
  }
  if (data.ids.length === 0) throw new Problem('usage', 'nothing says which rows are meant', 'name their ids');
  if (data.ids.length > MOST_IDS) {
    const what = `${count(data.ids.length)} rows are too many to name one by one`;
    throw new Problem('usage', what, `name at most ${count(MOST_IDS)}, or use a filter`);
  }
  return { ids: [...new Set(data.ids)] };
}
