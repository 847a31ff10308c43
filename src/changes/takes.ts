import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import type { Run } from '../model/run.ts';
import type { Parameters } from './change.ts';

/** What a run was told, by its row. @throws Problem blocked, where somebody else wrote into that */
export function parametersOf({ id, parameters }: Pick<Run, 'id' | 'parameters'>): Parameters {
  try {
    const told: unknown = JSON.parse(parameters);
    return typeof told === 'object' && told !== null ? { ...told } : {};
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const remedy = 'see who changed apptop_run: apptop audit verify';
    throw new Problem('blocked', `what run ${id} was told can't be read`, remedy, { cause: error });
  }
}

/** What every change in batches may be told. */
const COMMON = ['throttle', 'tolerate'];

/**
 * Refuses what a change does not take: a word that is misspelt would leave out what it was to say.
 * @throws Problem usage, naming the nearest
 */
export function assertTakes(change: string, parameters: Parameters, names: readonly string[]): void {
  const stray = Object.keys(parameters).find(
    (name) => parameters[name] !== undefined && ![...COMMON, ...names].includes(name),
  );
  if (stray === undefined) return;
  const near = nearest(stray, names);
  const others = names.length === 0 ? 'leave it out' : `it takes ${names.join(', ')}`;
  throw new Problem('usage', `${change} takes no "${stray}"`, near === undefined ? others : `did you mean ${near}?`);
}
