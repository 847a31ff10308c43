import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where something is planted, what, and what the linter has to say about it. */
const REJECTED: ReadonlyArray<readonly [folder: string, planted: string, message: string]> = [
  ['src/model', "export { loadEngine } from '../data/engines.ts';", 'src/model lies below src/data'],
  ['src/data/queries', "export type { Store } from '../../live/store.ts';", 'src/data lies below src/live'],
  ['src/live', "export const load = () => import('../screens/app.tsx');", 'src/live lies below src/screens'],
  ['src/changes', "export { run } from '../runbooks/runner.ts';", 'src/changes lies below src/runbooks'],
  ['src/screens', "export { run } from '../commands/status.ts';", 'src/screens lies below src/commands'],
  ['src/commands', "export { render } from 'ink';", 'Only src/screens draws'],
  ['src/live', "export const load = () => import('react');", 'Only src/screens draws'],
  ['src/data', "export { Text } from 'ink';", 'Only src/screens draws'],
  ['src/commands', "export { default as Table } from 'ink-table';", 'Only src/screens draws'],
  ['src/live', "export { createPool } from 'mysql2/promise';", 'Only src/data speaks to a driver'],
  ['src/screens', "export const load = () => import('better-sqlite3');", 'Only src/data speaks to a driver'],
  ['src/config', "export { Pool } from 'pg';", 'Only src/data speaks to a driver'],
  ['src/live', "export { engine } from '../data/sqlite/index.ts';", 'Only src/data knows the engines'],
  ['src/commands', "export { openWriting } from '../data/writing.ts';", 'Only the guarded path opens'],
  ['src/runbooks', "export { openWriting } from '../data/writing.ts';", 'Only the guarded path opens'],
  ['src/runbooks', "export { run } from '../screens/app.tsx';", 'src/runbooks lies below src/screens'],
  ['src/rollback', "export { RunbookEngine } from '../runbooks/engine.ts';", 'src/rollback lies below src/runbooks'],
  ['src/screens', "export { loadWriting } from '../data/writing.ts';", 'Only the guarded path opens'],
  ['src', "export { App } from './screens/app.tsx';", 'The command line loads commands'],
  ['src/commands', "export const again = () => import('../cli.ts');", 'Nothing imports the command line'],
  ['src/model', 'export const loose = (value: any) => value;', 'no-explicit-any'],
  ['src/model', 'export const sure = (value?: string) => value!.length;', 'no-non-null-assertion'],
  ['src/model', '// @ts-ignore\nexport const one: string = 1;', 'ban-ts-comment'],
  ['src/model', 'export function quiet() {\n  try {\n    JSON.parse("");\n  } catch {}\n}', 'no-empty'],
  ['src/model', 'export function forget() {\n  Promise.resolve(1);\n}', 'no-floating-promises'],
];

const ACCEPTED: ReadonlyArray<readonly [folder: string, planted: string]> = [
  ['src/screens', "export { Text } from 'ink';"],
  ['src/data/mysql', "export { createPool } from 'mysql2/promise';"],
  ['src/commands', "export const load = () => import('../screens/app.tsx');"],
  ['src/rollback', "export type { WritingSession } from '../data/writing.ts';"],
  ['src/data', "export type { Target } from '../config/target.ts';"],
];

/** What the linter says, by file. */
const said = new Map<string, string>();
const fileOf = (folder: string, planted: string) =>
  folder === 'src' ? 'src/cli.ts' : `${folder}/${planted.replaceAll(/\W/g, '')}.tsx`;

beforeAll(async () => {
  const house = await mkdtemp(join(tmpdir(), 'apptop-layers-'));
  for (const name of ['node_modules', 'oxlint.config.ts', 'tsconfig.json'])
    await symlink(join(root, name), join(house, name));
  for (const [folder, planted] of [...REJECTED, ...ACCEPTED]) {
    const path = join(house, fileOf(folder, planted));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${planted}\n`);
  }
  const args = [join(root, 'node_modules/.bin/oxlint'), '--format', 'json', 'src'];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: house }, (_, stdout) => resolve(stdout));
  });
  await rm(house, { recursive: true });
  const { diagnostics }: { diagnostics: { filename: string; code: string; help: string }[] } = JSON.parse(output);
  for (const { filename, code, help } of diagnostics)
    said.set(filename, `${said.get(filename) ?? ''}${code} ${help}\n`);
});

test.each(REJECTED)('the linter rejects, in %s: %s', (folder, planted, message) => {
  expect(said.get(fileOf(folder, planted))).toContain(message);
});

test.each(ACCEPTED)('the linter accepts, in %s: %s', (folder, planted) => {
  expect(said.get(fileOf(folder, planted))).toBeUndefined();
});
