import type { OwnChecks } from '../../config/own-checks.ts';
import { Problem } from '../../model/problem.ts';
import { asksDatabase, type Check } from '../check.ts';
import { commandCheck } from './command.ts';
import { httpCheck } from './http.ts';
import { logCheck } from './log.ts';
import { sqlChecks } from './sql.ts';

/** One that shares its id with an earlier one: it says so under an id of its own, and runs nothing. */
function renamed(check: Check, number: number): Check {
  const { id, title, system, phases, severity, reason } = check;
  const remedy = 'give each check an id of its own';
  const problem = new Problem('config', `the id "${id}" is also that of another check`, remedy);
  return {
    id: `${id}-${number}`,
    title,
    system,
    phases,
    severity,
    reason,
    remedy,
    // Whoever looks at all logs is told of this one too.
    log: asksDatabase(check) ? undefined : check.log,
    lookOutside: () => Promise.reject(problem),
  };
}

/** Every check of the users' own: their files first, then those of the config. */
export function ownChecks({ folder, http, commands, logs }: OwnChecks): readonly Check[] {
  const checks = [
    ...(folder === undefined ? [] : sqlChecks(folder)),
    ...http.map(httpCheck),
    ...commands.map(commandCheck),
    ...logs.map(logCheck),
  ];
  const taken = new Set<string>();
  return checks.map((check) => {
    let [own, number] = [check, 1];
    while (taken.has(own.id)) own = renamed(check, (number += 1));
    taken.add(own.id);
    return own;
  });
}
