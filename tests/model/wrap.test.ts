import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible, width } from '../../src/model/text.ts';
import { wrap } from '../../src/model/wrap.ts';

test('a text is cut where a line is full, and at its own line feeds, which are shown', () => {
  expect(wrap('abcdefg', 3)).toEqual(['abc', 'def', 'g']);
  expect(wrap('one\ntwo', 10)).toEqual(['one␊', 'two']);
  expect(wrap('漢字漢字', 5)).toEqual(['漢字', '漢字']);
  expect(wrap('', 5)).toEqual(['']);
});

test('no line of any text is too wide, and nothing of it is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 10, max: 60 }), (text, columns) => {
      const lines = wrap(text, columns);
      expect(lines.every((line) => width(line) <= columns)).toBe(true);
      const whole = text.split(/(?<=\n)/).map((line) => visible(line));
      expect(lines.join('')).toBe(whole.join(''));
    }),
  );
});
