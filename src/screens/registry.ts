import { Audit } from './audit.tsx';
import { Changes, changesNeedAttention } from './changes.tsx';
import { Checks, checksNeedAttention } from './checks.tsx';
import type { Screen } from './contract.ts';
import { Ids } from './ids.tsx';
import { Overview } from './overview.tsx';
import { Review } from './review.tsx';
import { Runbooks, runbooksNeedAttention } from './runbooks.tsx';
import { Schema } from './schema.tsx';
import { Sync } from './sync.tsx';

/** The screens in the order of their keys, which are those of the whole console, whether built yet or not. */
export const SCREENS: readonly Screen[] = [
  { id: 'overview', key: '1', title: 'Overview', component: Overview },
  { id: 'ids', key: '2', title: 'Ids', component: Ids },
  { id: 'sync', key: '3', title: 'Sync', component: Sync },
  {
    id: 'review',
    key: '4',
    title: 'Review',
    component: Review,
    needsAttention: ({ snapshot }) => (snapshot?.review?.rows ?? 0) > 0,
  },
  { id: 'checks', key: '5', title: 'Checks', component: Checks, needsAttention: checksNeedAttention },
  {
    id: 'changes',
    key: '6',
    title: 'Changes',
    component: Changes,
    needsAttention: (state, _, changes) => changesNeedAttention(state, changes),
  },
  {
    id: 'runbooks',
    key: '7',
    title: 'Runbooks',
    component: Runbooks,
    needsAttention: (_state, _checks, changes) => runbooksNeedAttention(changes),
  },
  { id: 'schema', key: '8', title: 'Schema', component: Schema },
  { id: 'audit', key: '9', title: 'Audit', component: Audit },
];
