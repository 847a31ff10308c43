/**
 * How many single steps (a character added, left out, replaced, or two neighbours swapped) lead from one word to
 * another: the restricted Damerau-Levenshtein distance.
 */
function distance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforePrevious[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[to.length] ?? 0;
}

/** Names compare without regard to case and to the separators that conventions differ in. */
const folded = (name: string): string => name.toLowerCase().replaceAll(/[-_. ]/g, '');

/**
 * The candidate that a person most likely meant, or undefined when none is near: at most a third of the word may be
 * wrong, or one of the two must begin with the other (`appointment` for `appointments_2024`).
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = folded(word);
  let best: { readonly name: string; readonly steps: number } | undefined;
  for (const name of candidates) {
    const candidate = folded(name);
    const prefix = Math.min(wanted.length, candidate.length) >= 3 && isPrefix(wanted, candidate);
    const steps = distance(wanted, candidate);
    const near = steps <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3)) || prefix;
    if (near && (best === undefined || steps < best.steps)) best = { name, steps };
  }
  return best?.name;
}

function isPrefix(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** ` Did you mean X?`, or nothing when no candidate is near. Ready to follow a sentence. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const name = nearest(word, candidates);
  return name === undefined ? '' : ` Did you mean ${name}?`;
}
