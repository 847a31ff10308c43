import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonError } from '../../src/config/json-error.ts';

it('finds no error in any JSON', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (json, indent) => {
      expect(jsonError(JSON.stringify(JSON.parse(json), null, indent))).toBeUndefined();
    }),
  );
});

it('finds an error wherever JSON.parse does', () => {
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '\\', '0', 'e', '\n', '-'));
  fc.assert(
    fc.property(damaged, ([json, at, piece]) => {
      const cut = at % (json.length + 1);
      const text = json.slice(0, cut) + piece + json.slice(cut + 1);
      expect(jsonError(text) === undefined).toBe(parses(text));
    }),
    { numRuns: 2_000 },
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
