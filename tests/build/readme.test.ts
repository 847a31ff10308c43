import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { statusDocument } from '../../src/commands/status-document.ts';
import { COMMANDS, CONSOLE } from '../../src/commands/table.ts';
import { judge } from '../../src/model/verdict.ts';
import { SCREENS } from '../../src/screens/registry.ts';
import { CONTEXT, memoryLive, memoryServices, SERVER, SNAPSHOT } from '../screens/memory.ts';
import { openConsole } from '../terminal/console.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The text below a heading, up to the next of any level. */
const section = (heading: string): string => readme.split(/^#+ /m).find((part) => part.startsWith(heading)) ?? '';
/** What stands as code in the first cells of a section's table. */
const firstCells = (heading: string): string[] =>
  [...section(heading).matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => codeIn(cell));
const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

test('the README lists every command and every option, and no other', () => {
  expect(firstCells('Commands')).toEqual(['apptop', ...COMMANDS.map(({ name }) => `apptop ${name}`)]);
  const written = [...section('Commands').matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option);
  const real = [CONSOLE, ...COMMANDS].flatMap(({ options }) => options.map(({ name }) => `--${name}`));
  expect(new Set(written)).toEqual(new Set([...real, '--help']));
});

test('the README lists every field of status --json in its order', () => {
  const status = {
    context: CONTEXT,
    server: SERVER,
    snapshot: SNAPSHOT,
    verdict: judge(SNAPSHOT, CONTEXT.thresholds),
  };
  expect(firstCells('`status --json`')).toEqual(Object.keys(statusDocument(status)));
});

test('the README lists every key of every screen, and no other', async () => {
  const review = { rows: 1, oldestSeconds: 60, errors: [] };
  const live = memoryLive({ snapshot: { ...SNAPSHOT, review } });
  await using console = await openConsole(await memoryServices({ live }), { columns: 120, rows: 60 });
  const inHelp: string[] = [];
  for (const { key, title } of SCREENS) {
    await console.press(key).sees(`[${key} ${title}`).press('?').sees('Keys of this screen');
    const [, help = ''] = (await console.text()).split('Keys of this screen');
    const lines = [...help.matchAll(/^ (\S+(?: \S+)*) {2,}[A-Z]/gm)];
    inHelp.push(...lines.flatMap(([, keys = '']) => keys.split(' ')));
    await console.press('escape');
  }
  expect(new Set(firstCells('Keys'))).toEqual(new Set(inHelp));
});
