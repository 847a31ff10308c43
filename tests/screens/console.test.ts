import { expect, test } from 'vitest';
import { openConsole } from '../terminal/console.ts';
import { memoryLive, memoryServices } from './memory.ts';

test('the header names the database, its environment and what one may do', async () => {
  await using console = await openConsole(await memoryServices());
  await console.sees('askproai', 'PRODUCTION', 'MariaDB 10.11.6', 'READ-ONLY', /● \d s ago {2}\d\d:\d\d:\d\dZ/);
  await console.sees('[1 Overview]', 'misplaced', '102', 'every 2 s · query 34 ms');
});

test('q at the root ends with 0, Ctrl-C with 130', async () => {
  for (const [key, code] of [
    ['q', 0],
    ['ctrl-c', 130],
  ] as const) {
    const console = await openConsole(await memoryServices());
    await console.sees('Overview').press(key);
    expect(await console.ended).toBe(code);
    expect(await console.terminal.inAlternateScreen()).toBe(false);
    expect(console.terminal.stdin.raw).toBe(false);
  }
});

test('the help lists the keys of the screen, and closes with Esc', async () => {
  await using console = await openConsole(await memoryServices(), { rows: 60 });
  await console
    .sees('misplaced')
    .press('?')
    .sees('Keys of this screen', 'Refresh now')
    .press('escape')
    .sees('misplaced');
});

test('keys that arrive together are looked up one by one', async () => {
  const live = memoryLive();
  await using console = await openConsole(await memoryServices({ live }));
  await console.sees('every 2 s').type('+---').sees('every 4 s').type('?q').sees('misplaced');
});
