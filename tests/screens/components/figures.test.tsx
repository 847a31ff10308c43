import { expect, test } from 'vitest';
import { barText } from '../../../src/screens/components/bar.tsx';
import { sparklineText } from '../../../src/screens/components/sparkline.tsx';
import { Summary } from '../../../src/screens/components/summary.tsx';
import { rank } from '../../../src/screens/keys/fuzzy.ts';
import { themeFor } from '../../../src/screens/theme.ts';
import { openConsole } from '../../terminal/console.ts';
import { memoryServices } from '../memory.ts';

const glyphs = (ascii: boolean) => themeFor({ ascii, noColor: true, lowBandwidth: false, screenReader: false }).glyphs;

test('a bar has steps of an eighth, and something is never drawn as nothing', () => {
  expect(barText(0.5, 4, glyphs(false))).toBe('██  ');
  expect(barText(0.8, 10, glyphs(false))).toBe('████████  ');
  expect(barText(0.3, 4, glyphs(false))).toBe('█▎  ');
  expect(barText(0.0001, 4, glyphs(false))).toBe('▏   ');
  expect(barText(0, 4, glyphs(false))).toBe('    ');
  expect(barText(7, 4, glyphs(true))).toBe('####');
});

test('a sparkline runs from the least to the greatest value, with gaps where none is known', () => {
  expect(sparklineText([0, 1, 2, 3, 4, 5, 6, 7], 8, glyphs(false))).toBe('▁▂▃▄▅▆▇█');
  expect(sparklineText([5, undefined, 5], 5, glyphs(false))).toBe('  ▁ ▁');
  expect(sparklineText([0, 0, 0, 9], 2, glyphs(true))).toBe('_#');
  expect(sparklineText([], 3, glyphs(false))).toBe('   ');
});

test('the palette puts the beginnings of words before letters inside them', () => {
  const actions = ['Reverse the order', 'Show the SQL of this session', 'Go to Sync', 'Sort by id'];
  expect(rank(actions, 'so', (action) => action)[0]).toBe('Sort by id');
  expect(rank(actions, 'gs', (action) => action)).toEqual(['Go to Sync']);
  expect(rank(actions, 'sql', (action) => action)[0]).toBe('Show the SQL of this session');
});

test('a summary keeps its columns straight with wide, combining and hostile values', async () => {
  const rows = [
    ['cal.com', '101'],
    ['電話', '9'],
    ['cafe\u0301', '1'],
    ['a\u001bb', '12'],
  ];
  const Sources = () => <Summary columns={['source', 'rows']} rows={rows} />;
  const screens = [{ id: 'sources', key: '1', title: 'Sources', component: Sources }];
  await using console = await openConsole(await memoryServices(), {}, screens);
  await console.sees('│ source  │ rows │', '│ a␛b     │ 12   │', '└─────────┴──────┘');
  const edges = await console.terminal.columnsOf('│');
  expect(new Set(edges).size).toBe(1);
  expect(edges).toHaveLength(5);
});
