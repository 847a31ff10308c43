import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../scripts/build.ts';
import { runCommand } from './program.ts';

// Inside node_modules, so that better-sqlite3, which is not bundled, is found from there.
const outdir = fileURLToPath(new URL('../../node_modules/.cache/apptop-imports', import.meta.url));
const recorder = new URL('record-modules.ts', import.meta.url).href;
let folder: string;
let metafile: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apptop-imports-'));
  metafile = await build(outdir);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(outdir, { recursive: true });
});

/** The packages, of those named, whose code a command loads: within the bundle's files or beside them. */
async function loads(names: readonly string[], ...args: string[]): Promise<string[]> {
  const modulesFile = join(folder, 'modules');
  await runCommand(process.execPath, ['--import', recorder, join(outdir, 'cli.js'), ...args], {
    MODULES_FILE: modulesFile,
    APPTOP_CONFIG: '',
    XDG_CONFIG_HOME: folder,
  });
  const urls = (await readFile(modulesFile, 'utf8')).split('\n');
  const files = urls.map((url) => basename(url));
  expect(files).toContain('cli.js');
  const bundled = Object.entries(metafile.outputs)
    .filter(([output]) => files.includes(basename(output)))
    .flatMap(([, { inputs }]) => Object.keys(inputs));
  return names.filter((name) => [...urls, ...bundled].some((file) => file.includes(`node_modules/${name}/`)));
}

const SCREEN = ['ink', 'react', 'react-reconciler', 'yoga-layout', 'ink-table'];
const DRIVERS = ['better-sqlite3', 'mysql2', 'pg'];

describe('a command without a screen never loads Ink:', () => {
  test.each(['status --json', 'doctor', 'completion bash', 'demo --still', '--version'])('%s', async (line) => {
    expect(await loads(SCREEN, ...line.split(' '))).toEqual([]);
  });
});

describe('a connection loads only its own driver:', () => {
  // Nobody listens on port 1: connecting is as far as these go.
  test.each([
    ['mysql://nobody@127.0.0.1:1/shop', ['mysql2']],
    ['postgres://nobody@127.0.0.1:1/shop', ['pg']],
    // Its driver lives in a process of its own.
    ['sqlite:absent.db', []],
  ])('%s', async (url, own) => {
    expect(await loads(DRIVERS, 'status', '--url', url)).toEqual(own);
  });

  test('the demo loads SQLite only', async () => {
    expect(await loads(['mysql2', 'pg'], 'demo', '--still')).toEqual([]);
  });

  test('and a command without a connection none', async () => {
    expect(await loads(DRIVERS, 'completion', 'bash')).toEqual([]);
  });
});
