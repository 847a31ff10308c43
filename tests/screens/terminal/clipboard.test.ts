import { expect, test } from 'vitest';
import { copyTo, osc52 } from '../../../src/screens/terminal/clipboard.ts';

const ESC = '\u001b';

test('a copy reaches the terminal of the person plainly, and through tmux and screen', () => {
  const plain = `${ESC}]52;c;aGk=\u0007`;
  expect(osc52('hi', {})).toBe(plain);
  expect(osc52('hi', { TMUX: '/tmp/tmux-0/default,1,0' })).toBe(`${plain}${ESC}Ptmux;${ESC}${plain}${ESC}\\`);
  expect(osc52('hi', { STY: '1.pts-0' })).toBe(`${ESC}P${plain}${ESC}\\`);
});

test('through screen a long copy goes in pieces that add up to it', () => {
  const sent = osc52('x'.repeat(3_000), { STY: '1.pts-0' });
  const pieces = sent.split(`${ESC}\\`).filter(Boolean);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(768);
  expect(pieces.map((piece) => piece.replace(`${ESC}P`, '')).join('')).toBe(osc52('x'.repeat(3_000), {}));
});

test('a text that no terminal takes is not sent', () => {
  const sent: string[] = [];
  const copy = copyTo({ write: (data: string) => sent.push(data) > 0 }, {});
  expect(copy('y'.repeat(80_000), 'the row')).toContain('too long');
  expect(sent).toEqual([]);
  expect(copy('Grüße', 'the row')).toBe('copied the row: 5 characters');
});
