/**
 * The keys of a record whose type names every key that it has. TypeScript types Object.keys as strings because a value
 * may have more keys than its type says; use this only on literals of one's own.
 */
export function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(record) as Key[];
}
