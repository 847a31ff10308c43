import type { Parameters } from '../../changes/change.ts';
import { selectionOf } from '../../changes/review/selection.ts';
import { type Group, given } from '../change/command-line.ts';

/** Changes of the queue, and the action of `apptop review` that each is. */
export const REVIEW_ACTIONS: Readonly<Record<string, string>> = {
  'retry-review': 'retry',
  'dismiss-review': 'dismiss',
  'take-review': 'take',
  'release-review': 'release',
  'note-review': 'note',
  'settle-review': 'settle',
};

/** The words behind the action that say these rows and this strategy. */
export function reviewWords(parameters: Parameters): readonly Group[] {
  const strategy = given({ strategy: typeof parameters['strategy'] === 'string' ? parameters['strategy'] : undefined });
  if (!('ids' in parameters) && !('filter' in parameters)) return strategy;
  const selection = selectionOf(parameters);
  if ('ids' in selection) return [...selection.ids.map((pk) => [pk]), ...strategy];
  const { errorCode, cause, origin, status, source, tenant, text, includesDeleted } = selection.filter;
  const filter = given({
    code: errorCode ?? undefined,
    cause: cause ?? undefined,
    origin: origin ?? undefined,
    status: status ?? undefined,
    source: source ?? undefined,
    tenant: tenant ?? undefined,
    text: text?.needle,
  });
  const all = filter.length === 0 ? [['--all']] : filter;
  return [...all, ...given({ 'include-deleted': includesDeleted }), ...strategy];
}
