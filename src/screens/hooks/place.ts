import { basename } from 'node:path';
import type { Services } from '../contract.ts';

/** Where a change would happen, as a confirmation names it: `PRODUCTION askproai`. */
export const placeIn = ({ context, database }: Pick<Services, 'context' | 'database'>): string =>
  `${context.environment.toUpperCase()} ${basename(database.server?.database ?? context.name)}`;
