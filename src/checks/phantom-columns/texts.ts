import type { Tokens } from './tokens.ts';

/** A text of the source, or several that the code puts together. */
export interface JoinedText {
  readonly value: string;
  /** Where it begins in the source. */
  readonly from: number;
}

/** Between two operands, and within one: `'a' . $b->c() . 'd'`. */
const JOINTS: ReadonlySet<string> = new Set(['.', '+', '->', '?->', '::', '?.']);
/** Characters between two texts that are put together, at most: what lies in brackets there is looked at by itself. */
const LONGEST_GAP = 2_000;

const blank = (source: string): string => source.replace(/[^\n]/g, ' ');

/**
 * The texts of a source. Those that are put together (`'a' . $b . 'c'`, `'a' + b + 'c'`, Python's `'a' 'c'`) are one, with
 * blanks for what stands between them: every character stays where it is.
 */
export function joinedTexts(source: string, { all, partner }: Tokens): readonly JoinedText[] {
  const taken = new Set<number>();
  return all.flatMap((first, index): readonly JoinedText[] => {
    if (first.kind !== 'text' || taken.has(index)) return [];
    const pieces = [first.value];
    let end = first.from + first.value.length;
    let [at, joined] = [index + 1, false];
    for (let token = all[at]; token !== undefined; token = all[at]) {
      const closing = token.value === '(' || token.value === '[' ? partner.get(at) : undefined;
      if (token.kind === 'text') {
        if (token.from - end > LONGEST_GAP) break;
        taken.add(at);
        pieces.push(blank(source.slice(end, token.from)), token.value);
        end = token.from + token.value.length;
      } else if (!(token.kind === 'word' ? joined : closing !== undefined || JOINTS.has(token.value))) break;
      joined = token.kind === 'mark' && closing === undefined;
      at = (closing ?? at) + 1;
    }
    return [{ value: pieces.join(''), from: first.from }];
  });
}
