import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { fit, visible } from '../../src/model/text.ts';

const hostile = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test('what a terminal would obey is shown as a symbol', () => {
  expect(visible('a\u001b[31mb')).toBe('a␛[31mb');
  expect(visible('nul\0 tab\t line\n del\u007f')).toBe('nul␀ tab␉ line␊ del␡');
  expect(visible('c1 \u009b, rtl \u202e, zero \u200b, bom \ufeff')).toBe(
    'c1 ⟪U+009B⟫, rtl ⟪U+202E⟫, zero ⟪U+200B⟫, bom ⟪U+FEFF⟫',
  );
  expect(visible('half \ud83d')).toBe('half ⟪U+D83D⟫');
  expect(visible('line\u2028, filler \u3164, tag \u{e0041}')).toBe('line⟪U+2028⟫, filler ⟪U+3164⟫, tag ⟪U+E0041⟫');
  expect(visible('\u0301first')).toBe('◌\u0301first');
  expect(visible('Jürgen 漢字 😀')).toBe('Jürgen 漢字 😀');
});

test('in ASCII the symbols are ASCII too', () => {
  expect(visible('\u001b\n\u202e', true)).toBe('<U+001B><U+000A><U+202E>');
});

test('a text is cut and filled to columns of the terminal', () => {
  expect(fit('synced', 8)).toBe('synced  ');
  expect(fit('12', 5, { align: 'right' })).toBe('   12');
  expect(fit('verification_pending', 8)).toBe('verific…');
  expect(fit('verification_pending', 8, { ascii: true })).toBe('verific~');
  expect(fit('漢字漢字', 5)).toBe('漢字…');
  expect(fit('漢字漢字', 6)).toBe('漢字… ');
  expect(fit('e\u0301e\u0301e\u0301', 4)).toBe('e\u0301e\u0301e\u0301 ');
  expect(fit('anything', 0)).toBe('');
});

test('any text takes exactly its columns and holds nothing hostile', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 40 }), fc.boolean(), (text, columns, ascii) => {
      const fitted = fit(text, columns, { ascii });
      expect(stringWidth(fitted)).toBe(columns);
      expect(hostile.test(fitted)).toBe(false);
    }),
  );
});

test('10,000 characters, or as many marks on one letter, are cut before they are measured', () => {
  expect(fit('x'.repeat(10_000), 10)).toBe('xxxxxxxxx…');
  expect(stringWidth(fit(`a${'\u0301'.repeat(10_000)}b`, 10))).toBe(10);
  expect(fit(`a${'\u0301'.repeat(10_000)}b`, 10).length).toBeLessThan(40);
});
