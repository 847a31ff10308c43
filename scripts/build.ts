import { readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild, type Metafile } from 'esbuild';
import { sharedInk, startUp, withoutDevtools } from './start-up.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files of dist that something outside it starts by name. */
const entryPoints = {
  cli: 'src/cli.ts',
  'sqlite-driver': 'src/data/sqlite/driver.ts',
  simulator: 'src/data/demo/simulator.ts',
};

/**
 * Bundles the program into `dist/`, which then needs nothing from node_modules but better-sqlite3.
 * @param outdir relative to the root of the checkout; everything else in it is removed
 * @returns what went into which file
 */
export async function build(outdir = 'dist'): Promise<Metafile> {
  const { metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    // Commands, drivers and Ink are loaded on demand: each becomes a file of its own.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    jsx: 'automatic',
    minifySyntax: true,
    minifyWhitespace: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['better-sqlite3', 'pg-native'],
    // yargs would bring an older one beside Ink's.
    alias: { 'string-width': './node_modules/string-width/index.js' },
    plugins: [startUp, withoutDevtools, sharedInk],
    // Bundled CommonJS (mysql2, pg, ink-table's hash) requires Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  await removeOthers(resolve(root, outdir), Object.keys(metafile.outputs));
  return metafile;
}

/** Removes what earlier builds left: their chunks have other hashes. */
async function removeOthers(folder: string, outputs: readonly string[]): Promise<void> {
  const fresh = new Set(outputs.map((file) => resolve(root, file)));
  const old = (await readdir(folder)).map((file) => resolve(folder, file)).filter((file) => !fresh.has(file));
  await Promise.all(old.map((file) => rm(file, { recursive: true })));
}

if (import.meta.main) await build();
