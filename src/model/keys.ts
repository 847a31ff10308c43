/**
 * The keys of a record whose type names every key that it has. TypeScript types Object.keys as strings because a value
 * may have more keys than its type says; use this only on literals of one's own.
 */
export function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this function is for: see above
  return Object.keys(record) as Key[];
}

/** A record with one value for each of some keys. TypeScript's own `fromEntries` forgets which keys it was given. */
export function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  value: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this function is for: see above
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}
