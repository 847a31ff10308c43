import { describe, expect, test } from 'vitest';
import { commandLine, commandLines, databaseOptions } from '../../src/commands/change/command-line.ts';
import { aligned, hanging, paragraph } from '../../src/commands/change/layout.ts';
import { progressText } from '../../src/commands/change/progress.ts';
import { NO_COUNTS, type Run } from '../../src/model/run.ts';
import { width } from '../../src/model/text.ts';

const LAYOUT = { columns: 20, ascii: false };
const NOBODY = { context: undefined, config: undefined, url: undefined, ascii: false, lowBandwidth: false };

describe('what is laid out', () => {
  test('keeps words whole, cuts those that fit on no line, and shows what a terminal would obey', () => {
    expect(paragraph('one two three four five', 2, LAYOUT)).toEqual(['  one two three four', '  five']);
    expect(paragraph(`a ${'x'.repeat(25)}`, 0, LAYOUT)).toEqual(['a', 'x'.repeat(20), 'x'.repeat(5)]);
    expect(paragraph('\u001b[2J…', 0, { columns: 30, ascii: true })).toEqual(['<U+001B>[2J...']);
    expect(hanging('  - ', 'one two three four', 4, LAYOUT)).toEqual(['  - one two three', '    four']);
  });

  test('fits: the widest cells give way', () => {
    const rows = [
      ['1', 'short', '日本語日本語日本語'],
      ['22', 'a long cell that is cut', 'x'],
    ];
    const lines = aligned(rows, 1, LAYOUT);
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(20);
    expect(lines[0]).toMatch(/^ 1 {3}short/);
  });
});

describe('a command line', () => {
  test('is quoted as a shell wants it', () => {
    const groups = [
      ['apptop', 'change', 'run'],
      ['--confirm', "local o'brien 3"],
      ['--plan', 'a b.json'],
      ['--ids', '1,2'],
    ];
    expect(commandLine(groups)).toBe(`apptop change run --confirm 'local o'\\''brien 3' --plan "a b.json" --ids 1,2`);
  });

  test('is broken between options, with room for the backslash', () => {
    const lines = commandLines(
      [
        ['apptop', 'run'],
        ['--plan', 'p.json'],
        ['--reason', 'T'],
      ],
      2,
      LAYOUT,
    );
    expect(lines).toEqual(['  apptop run \\', '    --plan p.json \\', '    --reason T']);
  });

  test('names the database as the operator did, and no password', () => {
    expect(databaseOptions({ ...NOBODY, config: 'c.json' }, 'prod', ['prod', 'staging'])).toEqual([
      ['--config', 'c.json'],
      ['--context', 'prod'],
    ]);
    expect(databaseOptions(NOBODY, 'prod', ['prod'])).toEqual([]);
    expect(databaseOptions({ ...NOBODY, url: 'mysql://ada:hunter2@db/shop' }, 'shop', ['shop'])).toEqual([
      ['--url', 'mysql://ada:***@db/shop'],
    ]);
  });
});

describe('the progress of a run', () => {
  const run: Run = {
    id: 3,
    change: 'move-booking-ids',
    state: 'running',
    request: undefined,
    reason: undefined,
    digest: '',
    parameters: '{}',
    pass: 0,
    cursor: '25000',
    until: '100000',
    token: 1,
    counts: { ...NO_COUNTS, scanned: 25_000 },
    batchSize: 1_200,
    planned: 90_000,
    total: 100_000,
    operator: 'ada',
    ticket: undefined,
    startedAt: 0,
    updatedAt: 0,
    endedAt: undefined,
    workedMs: 0,
  };

  test('tells rows, rate, what is left at that rate, the size of batches and why it is slow', () => {
    expect(progressText(run, undefined)).toBe('25,000 of 100,000 rows  25 %  batch 1,200');
    const slow = { ...run, reason: 'throttled: replica lag 2.1 s' };
    expect(progressText(slow, 2_500)).toBe(
      '25,000 of 100,000 rows  25 %  2,500 rows/s  ETA 30 s  batch 1,200  throttled: replica lag 2.1 s',
    );
    expect(progressText({ ...run, pass: 1 }, 2_500)).toBe(
      'looks again at what was written meanwhile, sweep 1  2,500 rows/s  batch 1,200',
    );
  });
});
