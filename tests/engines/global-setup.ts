import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.ts';
import { findChromium } from '../browser/chromium.ts';
import { findPhp } from '../laravel/php.ts';
import { startMysql, startPostgres, type ThrowAway } from './servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** PHP with the components of Laravel. */
    php: string | undefined;
    /** A browser for pages. */
    chromium: string | undefined;
    engines: { readonly mysql: string | undefined; readonly postgres: string | undefined; readonly folder: string };
  }
}

/**
 * Builds the program (0.2 s), finds or starts the servers for the tests of a run (1 to 3 s) and ends what it started. An engine that is neither
 * named by its URL in the environment nor installed is skipped with a line after the summary; under CI it fails the run.
 * The same goes for PHP with Laravel's components, and for the browser.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-tests-'));
  // Servers that run as another user have their folders in it.
  chmodSync(folder, 0o711);
  // Workers are killed at their end, and leave what they made.
  process.env['TMPDIR'] = folder;
  // Commands start in half the time with what was compiled before.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  await build();
  const started: ThrowAway[] = [];
  const missing: string[] = [];
  const php = findPhp();
  const chromium = findChromium();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
    removeFolder();
    for (const name of missing) console.log(`skipped: ${name}, no server found`);
    if (php === undefined) console.log('skipped: laravel, no PHP with its components found');
    if (chromium === undefined) console.log('skipped: pages in a browser, no chromium found');
  };
  const find = async (name: string, variable: string, start: () => Promise<ThrowAway | undefined>) => {
    const given = process.env[variable];
    if (given) return given;
    const server = await start();
    if (server) started.push(server);
    else missing.push(name);
    return server?.url;
  };
  const [mysql, postgres] = await Promise.all([
    find('mysql', 'APPTOP_TEST_MYSQL_URL', startMysql),
    find('postgres', 'APPTOP_TEST_POSTGRES_URL', startPostgres),
  ]);
  if (process.env['CI'] === 'true' && missing.length > 0) {
    await stop();
    throw new Error(`no server found for ${missing.join(', ')}: install it, or set APPTOP_TEST_…_URL`);
  }
  if (process.env['CI'] === 'true' && php === undefined) {
    await stop();
    throw new Error('no PHP with the components of Laravel found: install what .ci/run names');
  }
  if (process.env['CI'] === 'true' && chromium === undefined) {
    await stop();
    throw new Error('no chromium found: install what .ci/run names');
  }
  project.provide('php', php);
  project.provide('chromium', chromium);
  project.provide('engines', { mysql, postgres, folder });
  return stop;
}
