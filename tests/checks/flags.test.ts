import { expect, test } from 'vitest';
import type { Check } from '../../src/checks/check.ts';
import { stageChecks } from '../../src/checks/event-correlation/stages.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { Folder } from '../config/folder.ts';

const FLAG = 'USE_UUID_CORRELATION_SYNC';
const SHARE = 'UUID_SYNC_CALENDAR_PERCENTAGE';

/** What the checks of the stages say of an application with this env file, in words. */
async function stages(content: string | undefined): Promise<Readonly<Record<string, string>>> {
  const folder = new Folder().write('app.env', content ?? '');
  const flags = content === undefined ? undefined : { file: `${folder.folder}/app.env` };
  const look = async (check: Check) => {
    if (!('lookOutside' in check)) throw new Error('flags lie outside of the database');
    const found = await check.lookOutside(new AbortController().signal);
    if ('notApplicable' in found) return found.notApplicable.replace(folder.folder, '');
    const rows = found.sample.map(({ pk, value }) => `${pk}=${value}`).join(' ');
    return found.violations === 0 ? 'pass' : (found.figure ?? rows);
  };
  const checks = stageChecks({ ...defaultContext('test', { engine: 'sqlite', path: '' }), flags });
  return Object.fromEntries(
    await Promise.all(checks.map(async (check) => [check.id.replace('event-correlation/', ''), await look(check)])),
  );
}

test('each stage of the rollout is told by the flags of the application', async () => {
  expect(await stages(`${FLAG}=false\n`)).toEqual({
    'flag-off': 'pass',
    'flag-at-10': `${FLAG} is off, expected true; ${SHARE} is off, expected 10`,
    'flag-at-100': `${FLAG} is off, expected true; ${SHARE} is off, expected 100`,
  });
  expect(await stages(`${FLAG}=True\n${SHARE}=10\n`)).toEqual({
    'flag-off': `${FLAG}=True`,
    'flag-at-10': 'pass',
    'flag-at-100': `${SHARE} is 10, expected 100`,
  });
  expect(await stages(`${FLAG}="true"\n${SHARE}=100 # all\n`)).toMatchObject({
    'flag-at-10': `${SHARE} is 100, expected 10`,
    'flag-at-100': 'pass',
  });
  // A share without the flag is no stage.
  expect(await stages(`${SHARE}=10\n`)).toMatchObject({
    'flag-off': 'pass',
    'flag-at-10': `${FLAG} is off, expected true`,
  });
});

test('where nobody says where the flags stand, or another application’s are there, it says what is needed', async () => {
  const needed = "needs flags in the config: the application's .env or a command";
  expect(await stages(undefined)).toEqual({ 'flag-off': needed, 'flag-at-10': needed, 'flag-at-100': needed });
  const missing = `needs ${FLAG} or ${SHARE} in /app.env`;
  expect(await stages('OTHER=1\n')).toEqual({ 'flag-off': 'pass', 'flag-at-10': missing, 'flag-at-100': missing });
});
