/** What a match in the middle of a word costs against one at its beginning. */
const INSIDE_WORD = 4;
const GAP = 1;

/**
 * How badly a text matches what was typed: every typed letter has to occur in order; 0 is a prefix, more is worse.
 * undefined means that it does not match. Case does not count.
 */
function mismatch(typed: string, text: string): number | undefined {
  const [wanted, found] = [typed.toLowerCase().replaceAll(' ', ''), text.toLowerCase()];
  let [at, cost] = [0, 0];
  for (const letter of wanted) {
    const next = nextAt(found, letter, at);
    if (next === undefined) return undefined;
    if (next > at) cost += startsWord(found, next) ? GAP : INSIDE_WORD;
    at = next + 1;
  }
  return cost;
}

const startsWord = (text: string, index: number): boolean => index === 0 || /[^a-z0-9]/.test(text.charAt(index - 1));

/** Where a letter is next: right here, or at the beginning of a word, or anywhere. */
function nextAt(text: string, letter: string, from: number): number | undefined {
  if (text.startsWith(letter, from)) return from;
  for (let index = from; index < text.length; index += 1) {
    if (text.startsWith(letter, index) && startsWord(text, index)) return index;
  }
  const anywhere = text.indexOf(letter, from);
  return anywhere < 0 ? undefined : anywhere;
}

/** The items that match, best first; equal ones stay in their order. */
export function rank<Item>(items: readonly Item[], typed: string, textOf: (item: Item) => string): readonly Item[] {
  return items
    .map((item) => ({ item, cost: mismatch(typed, textOf(item)) }))
    .filter((ranked): ranked is { item: Item; cost: number } => ranked.cost !== undefined)
    .sort((one, other) => one.cost - other.cost)
    .map(({ item }) => item);
}
