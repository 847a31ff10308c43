import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sampleOf } from '../../src/live/history.ts';
import { Problem } from '../../src/model/problem.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { chromeFor, partsThatFit } from '../../src/screens/layout.ts';
import { openConsole } from '../terminal/console.ts';
import { arrayScreen, row } from './list-screen.tsx';
import { CONTEXT, memoryLive, memoryServices, SNAPSHOT } from './memory.ts';

const rows = Array.from({ length: 100 }, (_, at) =>
  row(String(at + 1), { source: 'phone', sync_error_message: 'HTTP 401' }),
);

test('every size is survived, 1x1 too, and the way back', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen(rows));
  await console.sees('row 1 of 100');
  const sizes = [
    [40, 15],
    [200, 50],
    [20, 5],
    [1, 1],
    [3, 2],
    [2, 30],
    [300, 1],
  ] as const;
  for (const [columns, lines] of sizes) {
    await console.resize(columns, lines).press('j');
    expect((await console.terminal.lines()).length).toBe(lines);
  }
  await console.resize(80, 24).sees('row 8 of 100', 'READ-ONLY', 'HTTP 401', '? help');
});

test('at 40x15 columns drop and what matters stays', async () => {
  await using console = await openConsole(await memoryServices(), { columns: 40, rows: 15 }, arrayScreen(rows));
  await console.sees('PRODUCTION', 'READ-ONLY', '[1 List]', 'phone', 'row 1 of 100', '? help').sees(/s ago/);
});

test('lines make room for the screen: rules first, then the header, then the tabs', () => {
  const lines = (rows: number) => chromeFor({ columns: 80, rows }, 0);
  expect(lines(24)).toMatchObject({ header: true, tabs: true, rules: true, footer: true, body: { rows: 19 } });
  expect(lines(15)).toMatchObject({ header: true, tabs: true, rules: false, body: { rows: 12 } });
  expect(lines(8)).toMatchObject({ header: false, tabs: true, body: { rows: 6 } });
  expect(lines(1)).toMatchObject({ header: false, tabs: false, footer: false, body: { rows: 1 } });
  const parts = [
    { width: 5, priority: 2 },
    { width: 5, priority: 1 },
    { width: 5, priority: 3 },
  ];
  expect(partsThatFit(parts, 11, 1)).toEqual(parts.slice(0, 2));
});

test('before the first data the console is there, with what went wrong and what to try', async () => {
  const problem = new Problem('unreachable', 'nobody answers at 10.0.0.5:3306', 'check the address and the firewall');
  const live = memoryLive({ phase: 'connecting', snapshot: undefined, receivedAt: undefined, server: undefined });
  await using console = await openConsole(await memoryServices({ live, context: CONTEXT }));
  await console.sees('○ connecting', 'connecting to :memory: (prod)');
  live.set({ problem, nextAt: Date.now() + 60_000 });
  await console.sees('nobody answers at 10.0.0.5:3306', 'try: check the address', /retrying in (59|60) s/);
  await console.press('?').sees('Keys of this screen').press('escape').sees('nobody answers');
});

test('data of a lost connection stays, with its age and the next attempt', async () => {
  const live = memoryLive({ receivedAt: Date.now() - 12_000 });
  await using console = await openConsole(await memoryServices({ live }));
  const problem = new Problem('lost', 'connection lost', 'wait');
  live.set({ phase: 'stale', problem, nextAt: Date.now() + 4_000 });
  await console.sees(/▲ stale 1\d s: connection lost, retrying in \d s/, 'misplaced');
});

test('without colours and in ASCII the words and marks say it all', async () => {
  const draw = { ascii: true, noColor: true };
  await using console = await openConsole(await memoryServices(), draw, arrayScreen(rows));
  await console.sees('PRODUCTION', '* ', '> 1', '-----').press('space').sees(/^ x1 /m);
  expect(await console.text()).toMatch(/^[\x20-\x7e\n]*$/);
});

test('a screen reader hears of a change, and of nothing else', async () => {
  const live = memoryLive();
  await using console = await openConsole(await memoryServices({ live }), { screenReader: true, rows: 60 });
  await console.sees('PRODUCTION', /live *$/m, 'misplaced');
  expect(await console.text()).not.toMatch(/─|\d\dZ|\d+ s ago/);
  const refresh = (change: Partial<Snapshot>, later: number) =>
    live.set({
      snapshot: { ...SNAPSHOT, ...change, takenAt: SNAPSHOT.takenAt + later },
      receivedAt: Date.now() + later,
      queryMs: 30 + later / 1_000,
      history: Array.from({ length: 1 + later / 60_000 }, (_, at) => ({ ...sampleOf(SNAPSHOT), at })),
    });
  const review = (oldestSeconds: number) => ({ rows: 2, oldestSeconds, errors: [] });
  refresh({ review: review(60) }, 60_000);
  await console.sees('oldest 1 min');
  const { sent } = console.terminal;
  refresh({ review: review(120) }, 120_000);
  refresh({ review: review(300) }, 300_000);
  // The clock of a console that ticks would have gone on.
  await sleep(1_200);
  expect(console.terminal.sent).toBe(sent);
  refresh({ review: { ...review(360), rows: 3 } }, 360_000);
  await console
    .sees('3, oldest 6 min')
    .press('p')
    .sees(/paused *$/m);
  live.set({ paused: false, phase: 'stale', problem: new Problem('unreachable', 'no route', 'plug it in') });
  await console.sees(' stale: no route');
});

test('a screen reader gets plain lines on the normal screen', async () => {
  await using console = await openConsole(await memoryServices(), { screenReader: true, rows: 80 });
  await console.sees('PRODUCTION', 'misplaced', 'help');
  expect(await console.terminal.inAlternateScreen()).toBe(false);
});
