import type { Screen } from './contract.ts';
import { Overview } from './overview.tsx';

/** The screens in the order of their keys, which are those of the whole console, whether built yet or not. */
export const SCREENS: readonly Screen[] = [{ id: 'overview', key: '1', title: 'Overview', component: Overview }];
