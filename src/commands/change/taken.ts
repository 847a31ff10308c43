import { Problem } from '../../model/problem.ts';

/** Options as they were given; undefined and false are those that were not. */
type Given = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Rejects options that an action has no use for: who gives them expects something of them.
 * @param what the command with its action: `change plan`
 * @throws Problem usage
 */
export function refuseOthers(what: string, given: Given, taken: readonly string[]): void {
  const stray = Object.entries(given).find(
    ([name, value]) => value !== undefined && value !== false && !taken.includes(name),
  );
  if (stray === undefined) return;
  throw new Problem('usage', `apptop ${what} takes no --${stray[0]}`, `see apptop ${what.split(' ')[0]} --help`);
}

/** What plans and runs take, beside what is the change's own. */
export const PLANNING = ['out', 'no-throttle', 'tolerate'] as const;
export const RUNNING = ['plan', 'confirm', 'reason', 'no-throttle', 'tolerate'] as const;
