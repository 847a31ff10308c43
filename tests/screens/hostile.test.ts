import { expect, test } from 'vitest';
import { openConsole } from '../terminal/console.ts';
import { arrayScreen, row } from './list-screen.tsx';
import { memoryServices } from './memory.ts';

test('values that a terminal would obey are shown, and columns stay straight', async () => {
  const rows = [
    row('1', { source: 'evil\u001b[2J\u001b]0;title\u0007', sync_error_message: 'tail' }),
    row('2', { source: 'new\nline\r\0', sync_error_message: 'tail' }),
    row('3', { source: '漢字テスト', sync_error_message: 'tail' }),
    row('4', { source: 'cafe\u0301 \u202eabc', sync_error_message: 'tail' }),
    row('5', { source: 'x'.repeat(10_000), sync_error_message: 'tail' }),
    row('6', { source: '\ud83d\u200b\u009b', sync_error_message: 'tail' }),
  ];
  await using console = await openConsole(await memoryServices(), { columns: 80 }, arrayScreen(rows));
  await console.sees('evil␛[2J␛]0;title␇', 'new␊line␍␀', '⟪U+202E⟫abc', 'xxx…', '⟪U+D83D⟫');
  const tails = await console.terminal.columnsOf('tail');
  expect(tails).toHaveLength(6);
  expect(new Set(tails).size).toBe(1);
  expect(console.hasNoRawEscapes()).toBe(true);
});

test('a hostile value in a pasted text or in a copy stays what it is', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen([row('a\u001b\nb', {})]));
  await console.press('y').sees('copied id: 4 characters, 2 of them control characters');
  expect(console.terminal.sent).toContain(`\u001b]52;c;${Buffer.from('a\u001b\nb').toString('base64')}\u0007`);
  await console.press('/').paste('one\u001b[31m\ntwo').sees('/ one[31mtwo');
  expect(console.hasNoRawEscapes()).toBe(true);
});
