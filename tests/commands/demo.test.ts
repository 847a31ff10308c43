import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/commands/demo.ts';
import { LAUNCHER } from '../build/program.ts';

const options = {
  context: undefined,
  config: undefined,
  url: undefined,
  ascii: false,
  lowBandwidth: false,
  includeDeleted: false,
  still: true,
};

describe('apptop demo', () => {
  test.each([1, 7, 10_000_001])('refuses %i rows and says how many it takes', async (rows) => {
    await expect(run({ ...options, rows })).rejects.toMatchObject({
      kind: 'usage',
      message: `--rows ${rows} is out of range`,
      remedy: expect.stringContaining('from 8'),
    });
  });

  test.each([
    { argv: [], rows: '128 rows', misplaced: /misplaced\s+102\b/ },
    { argv: ['--rows', '1000'], rows: '1,000 rows', misplaced: /misplaced\s+6\d\d\b/ },
  ])('prints the status once without a terminal: demo $argv', async ({ argv, rows, misplaced }) => {
    const folder = mkdtempSync(join(tmpdir(), 'apptop-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [LAUNCHER, 'demo', ...argv], {
      env: { ...process.env, TMPDIR: folder },
    });
    expect(stdout).toContain(rows);
    expect(stdout).toMatch(misplaced);
    expect(stderr).toBe('');
    expect(readdirSync(folder)).toEqual([]);
  });
});
