import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import type { ChangeKind } from './change.ts';

/** Finds a change by its id. @throws Problem usage, naming the nearest */
export function changeNamed(kinds: readonly ChangeKind[], id: string): ChangeKind {
  const kind = kinds.find((candidate) => candidate.id === id);
  if (kind !== undefined) return kind;
  const known = kinds.map((candidate) => candidate.id);
  const near = nearest(id, known);
  const remedy = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
  throw new Problem('usage', `there is no change "${id}"`, remedy);
}
