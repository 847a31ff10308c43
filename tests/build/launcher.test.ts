import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LAUNCHER, runCommand } from './program.ts';

test('on a Node that is too old, one line says which one it is and what to do', async () => {
  const pretend = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
  const { code, stdout, stderr } = await runCommand(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    LAUNCHER,
    'status',
  ]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/^apptop: needs Node 22 or newer, this is Node 20\.20\.2 .*npx apptop.*\n$/);
});

test('before the build, one line says what to run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'apptop-launcher-'));
  for (const name of ['bin', 'package.json']) {
    await cp(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(folder, name), { recursive: true });
  }
  expect(await runCommand(process.execPath, [join(folder, 'bin/apptop.js')])).toEqual({
    code: 3,
    stdout: '',
    stderr: 'apptop: dist/cli.js is missing: build it with "npm run build"\n',
  });
  await rm(folder, { recursive: true });
});
