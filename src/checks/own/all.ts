import type { OwnChecks } from '../../config/own-checks.ts';
import type { Check } from '../check.ts';
import { commandCheck } from './command.ts';
import { httpCheck } from './http.ts';
import { logCheck } from './log.ts';
import { sqlChecks } from './sql.ts';

/** Every check of the users' own: their files first, then those of the config. */
export function ownChecks({ folder, http, commands, logs }: OwnChecks): readonly Check[] {
  return [
    ...(folder === undefined ? [] : sqlChecks(folder)),
    ...http.map(httpCheck),
    ...commands.map(commandCheck),
    ...logs.map(logCheck),
  ];
}
