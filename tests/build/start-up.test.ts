import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild, type Metafile } from 'esbuild';
import originalWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../scripts/build.ts';
import { edited, startUp } from '../../scripts/start-up.ts';
import { runCommand } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apptop-build-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Bundles a module of the edited packages. Both are there because the plugin insists on every edit. */
async function bundle(name: string, plugins = [startUp]): Promise<string> {
  const outfile = join(folder, name);
  const contents = "export { default as yoga } from 'yoga-layout'; export { default as width } from 'string-width';";
  const stdin = { contents, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) };
  await esbuild({ stdin, outfile, plugins, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' });
  return outfile;
}

describe('the build', () => {
  let inputs: string[];
  beforeAll(async () => {
    const metafile: Metafile = await build(join(folder, 'dist'));
    inputs = Object.keys(metafile.inputs);
  });
  const copies = (ending: RegExp) => inputs.filter((file) => ending.test(file)).length;

  test('has the production React and no developer tools', () => {
    expect(copies(/react-reconciler\.production\.js$/)).toBe(1);
    expect(copies(/\.development\.js$|devtools-core/)).toBe(0);
  });

  test('has one string-width, and one Ink for the screens and ink-table', () => {
    expect(copies(/\/string-width\/index\.js$/)).toBe(1);
    expect(copies(/\/ink\/build\/index\.js$/)).toBe(1);
  });

  test('fails when an edit finds neither its place nor its file', async () => {
    expect(() => edited('something else', { name: 'yoga', replace: [['typeof fetch', 'true']] })).toThrow(
      'yoga: nothing reads typeof fetch',
    );
    const without = esbuild({ stdin: { contents: '' }, write: false, logLevel: 'silent', plugins: [startUp] });
    await expect(without).rejects.toThrow('yoga-without-fetch: no file matches');
  });
});

test('Yoga starts without fetch, which would load undici', async () => {
  const loadsUndici = async (file: string) => {
    const ask = `import('${file}').then(() => console.log(process.moduleLoadList.some((name) => name.includes('undici/undici'))))`;
    return (await runCommand(process.execPath, ['-e', ask])).stdout;
  };
  expect(await loadsUndici(await bundle('plain.mjs', []))).toBe('true\n');
  expect(await loadsUndici(await bundle('edited.mjs'))).toBe('false\n');
});

describe('the edited string-width', () => {
  let width: typeof originalWidth;
  beforeAll(async () => {
    ({ width } = await import(await bundle('width.mjs')));
  });

  test('measures every symbol and emoji as the original does', () => {
    const differing: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      const character = String.fromCodePoint(point);
      if (!/[\p{Symbol}\p{Emoji}\p{Extended_Pictographic}]/u.test(character)) continue;
      for (const text of [character, `${character}\uFE0F`, `${character}\uFE0F\u20E3`]) {
        if (width(text) !== originalWidth(text)) differing.push(text);
      }
    }
    expect(differing).toEqual([]);
  });

  test.each(['👩‍👩‍👧', '👍🏽', '🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '❤️‍🔥', '#️⃣', '⛹🏿‍♀️', 'क्षि', '한국', 'ｱﾞ', '▁▂▄▆█ ● ▲ ✔ ok'])(
    'measures %s as the original does',
    (text) => {
      expect(width(text)).toBe(originalWidth(text));
    },
  );
});
