import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apptop, runCommand } from '../build/program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apptop-completion-'));
  await writeFile(join(folder, 'prod.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What bash offers behind these words; the last one is being typed. */
async function offers(...words: string[]): Promise<string[]> {
  const { stdout: script } = await apptop('completion', 'bash');
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `cd '${folder}'; COMP_WORDS=(apptop ${typed}); COMP_CWORD=${words.length}; _apptop; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await runCommand('bash', ['--norc', '-euc', `${script}\n${ask}`]);
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash offers', () => {
  test('the verbs and the options of the console', async () => {
    expect(await offers('')).toEqual(
      expect.arrayContaining(['demo', 'init', 'doctor', 'status', 'completion', '--url']),
    );
    expect(await offers('st')).toEqual(['status']);
  });

  test('the options of the verb only', async () => {
    expect(await offers('status', '--j')).toEqual(['--json']);
    expect(await offers('--ascii', 'demo', '--')).toEqual(expect.arrayContaining(['--rows', '--still']));
    expect(await offers('demo', '--u')).toEqual([]);
  });

  test('the values of an option or a word', async () => {
    expect(await offers('status', '--config', 'pr')).toEqual(['prod.json']);
    expect(await offers('status', '--context', '')).toEqual([]);
    expect(await offers('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(await offers('check', '--phase', 'p')).toEqual(['pre', 'post']);
    expect(await offers('change', 'p')).toEqual(['plan', 'pause']);
    expect(await offers('change', 'plan', 'move')).toEqual(['move-booking-ids']);
    expect(await offers('change', 'run', '--plan', 'pr')).toEqual(['prod.json']);
    expect(await offers('check', '--junit', 'pr')).toEqual(['prod.json']);
    expect(await offers('check', 'sync/columns', 'booking-ids/none-')).toEqual(
      expect.arrayContaining(['booking-ids/none-misplaced']),
    );
  });
});

test.each(['zsh', 'fish'])('%s has every verb and option in its script', async (shell) => {
  const { code, stdout } = await apptop('completion', shell);
  expect(code).toBe(0);
  const verbs = ['demo', 'init', 'doctor', 'status', 'check', 'metrics', 'completion'];
  for (const word of [...verbs, 'rows', 'json', 'include-deleted', 'monitor', 'sync/columns']) {
    expect(stdout).toContain(word);
  }
});
