/** One link of a chain: what it says, and what ties it to the one before it. */
export interface Link {
  /** From 1, without a gap. */
  readonly seq: number;
  /** The hash of the link before it. */
  readonly prev: string;
  readonly hash: string;
  readonly body: string;
}

/** Before the first record in the database there is none. */
export const GENESIS = '0'.repeat(64);

/** The hash of a link; loaded when first needed, as node:crypto takes 7 ms. */
export async function loadHashing(): Promise<(prev: string, body: string) => string> {
  const { createHash } = await import('node:crypto');
  return (prev, body) =>
    createHash('sha256')
      .update(prev + body)
      .digest('hex');
}

/** What is wrong with one link. */
export interface Flaw {
  readonly link: Link;
  readonly kind: 'edited' | 'deleted' | 'reordered' | 'forged';
  readonly text: string;
}

/**
 * Holds each link against its own hash and against the link before it.
 * @param links in the order in which they stand
 * @param start what the first one follows; undefined where any start is good
 */
export async function flawsOf(links: readonly Link[], start: string | undefined): Promise<readonly Flaw[]> {
  const hashOf = await loadHashing();
  const known = { hashes: new Set(links.map(({ hash }) => hash)), seqs: countBy(links, ({ seq }) => seq) };
  const followers = countBy(links, ({ prev }) => prev);
  const flaws: Flaw[] = [];
  let last: Link | undefined;
  for (const link of links) {
    const { seq, prev, hash, body } = link;
    if (hashOf(prev, body) !== hash) {
      flaws.push({ link, kind: 'edited', text: 'it is not what was hashed when it was written' });
    }
    const [expected, before] = last === undefined ? [1, start] : [last.seq + 1, last.hash];
    if (seq > expected) {
      const gone = missingBetween(expected, seq - 1, known.seqs);
      if (gone !== undefined) flaws.push({ link, kind: 'deleted', text: `${gone} before it` });
    } else if (seq < expected) {
      flaws.push(
        (known.seqs.get(seq) ?? 0) > 1
          ? { link, kind: 'forged', text: `there is another one with the number ${seq}` }
          : { link, kind: 'reordered', text: 'it stands behind one that was written later' },
      );
    } else if (before !== undefined && prev !== before) {
      const moved = known.hashes.has(prev) && followers.get(prev) === 1;
      flaws.push(
        moved
          ? { link, kind: 'reordered', text: 'it follows another one than the one before it' }
          : { link, kind: 'forged', text: 'it does not follow the one before it: one of the two was put there later' },
      );
    }
    last = link;
  }
  return flaws;
}

function countBy<Key>(links: readonly Link[], keyOf: (link: Link) => Key): ReadonlyMap<Key, number> {
  const counts = new Map<Key, number>();
  for (const link of links) counts.set(keyOf(link), (counts.get(keyOf(link)) ?? 0) + 1);
  return counts;
}

/** The numbers of a gap that stand nowhere else either: `2 to 4 are gone`. */
function missingBetween(from: number, to: number, seqs: ReadonlyMap<number, number>): string | undefined {
  let [first, end, gone] = [from, to, to - from + 1];
  for (const seq of seqs.keys()) if (seq >= from && seq <= to) gone -= 1;
  if (gone === 0) return undefined;
  while (seqs.has(first)) first += 1;
  while (seqs.has(end)) end -= 1;
  return first === end ? `number ${first} is gone` : `numbers ${first} to ${end} are gone`;
}
