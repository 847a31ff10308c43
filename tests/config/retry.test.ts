import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CalcomApi } from '../../src/config/retry.ts';
import { Problem } from '../../src/model/problem.ts';
import { Folder } from './folder.ts';

const KEY = 'cal_live_0123456789';
const SQL = 'SELECT 1 AS pk';
const withApi = (calcomApi: object, more: object = {}) => ({
  contexts: { prod: { connection: 'sqlite:x', retry: { strategy: 'calcom-api', calcomApi }, ...more } },
});

async function apiOf(folder: Folder): Promise<CalcomApi> {
  const { retry } = await folder.context();
  if (retry?.calcomApi === undefined || retry.calcomApi instanceof Problem) throw retry?.calcomApi ?? new Error('none');
  return retry.calcomApi;
}

/** What a person reads who wants to retry: `what → remedy`. */
async function refusal(folder: Folder): Promise<string> {
  const { retry } = await folder.context();
  if (!(retry?.calcomApi instanceof Problem)) throw new Error('expected a Problem');
  return `${retry.calcomApi.message} → ${retry.calcomApi.remedy}`;
}

describe('how retries ask the API of Cal.com', () => {
  it('has defaults beside the key and the SELECT', async () => {
    const folder = new Folder().set({ KEY }).write('apptop.json', withApi({ apiKey: '${env:KEY}', sql: `${SQL};` }));
    expect(await apiOf(folder)).toEqual({
      apiKey: KEY,
      baseUrl: 'https://api.cal.com/v2',
      parallel: 4,
      timeoutMs: 10_000,
      sql: SQL,
    });
  });

  it('takes the key from a file, without its last newline', async () => {
    const folder = new Folder().write('ops/key', `${KEY}\n`).set({ APPTOP_CONFIG: 'ops/apptop.json' });
    folder.write('ops/apptop.json', withApi({ apiKeyFile: 'key', sql: SQL }));
    expect((await apiOf(folder)).apiKey).toBe(KEY);
  });

  it.each([
    ['https://cal.example.com/v2/', 'https://cal.example.com/v2'],
    ['http://127.0.0.1:3003/v2', 'http://127.0.0.1:3003/v2'],
    ['http://[::1]:3003', 'http://[::1]:3003'],
    ['http://localhost/v2', 'http://localhost/v2'],
  ])('takes %s for an address', async (baseUrl, asked) => {
    const folder = new Folder().write('apptop.json', withApi({ apiKey: KEY, sql: SQL, baseUrl }));
    expect((await apiOf(folder)).baseUrl).toBe(asked);
  });

  it.each([
    [{ baseUrl: 'http://api.cal.com/v2' }, 'baseUrl: would send the key unencrypted'],
    [{ baseUrl: 'http://127.0.0.1.example.com' }, 'baseUrl: would send the key unencrypted'],
    [{ baseUrl: 'https://ada:hunter2@api.cal.com' }, 'baseUrl: names a user'],
    [{ baseUrl: 'https://api.cal.com/v2?key=hunter2' }, 'baseUrl: has parameters'],
    [{ baseUrl: 'api.cal.com hunter2' }, 'baseUrl: is no address'],
    [{ parallel: 21 }, 'parallel: must be a whole number from 1 to 20'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds: must be a number from 1 to 120'],
    [{ sql: 'UPDATE appointments SET id = 1' }, 'sql: the statement is no query'],
    [{ sql: 'SELECT 1; SELECT 2' }, 'sql: there is more than one statement'],
  ])('refuses %j with one line', async (wrong, line) => {
    const folder = new Folder().write('apptop.json', withApi({ apiKey: KEY, sql: SQL, ...wrong }));
    const complaint = await folder.complaint();
    expect(complaint).toContain(`./apptop.json: contexts.prod.retry.calcomApi.${line}`);
    expect(complaint).not.toMatch(/hunter2|\n/);
  });

  it('needs calcomApi for the strategy of that name alone', async () => {
    const contextWith = (strategy: string) => ({ contexts: { prod: { connection: 'sqlite:x', retry: { strategy } } } });
    const folder = new Folder().write('apptop.json', contextWith('calcom-api'));
    expect(await folder.complaint()).toContain('contexts.prod.retry: the strategy calcom-api needs calcomApi → add');
    folder.write('apptop.json', contextWith('mark-pending'));
    expect((await folder.context()).retry).toEqual({
      strategy: 'mark-pending',
      laravel: { connections: ['database'], jobs: undefined, appointment: undefined },
      command: undefined,
      calcomApi: undefined,
    });
    folder.write('apptop.json', contextWith('calcom'));
    expect(await folder.complaint()).toContain('must be one of laravel-queue, calcom-api, command, mark-pending');
  });
});

describe('how retries use a command and the queue of Laravel', () => {
  const folderWith = (retry: object) =>
    new Folder().write('apptop.json', { contexts: { prod: { connection: 'sqlite:x', retry } } });

  it('fills in what is not said, and variables', async () => {
    const command = { command: ['php', 'artisan', '${env:WORD}'] };
    const folder = folderWith({ strategy: 'command', command }).set({ WORD: 'appointments:sync' });
    expect((await folder.context()).retry?.command).toEqual({
      command: ['php', 'artisan', 'appointments:sync'],
      secrets: ['appointments:sync'],
      per: 'row',
      folder: folder.folder,
      timeoutMs: 60_000,
    });
    const laravel = { connections: ['calendar'], jobs: ['App\\Jobs\\Sync'], appointment: 'App\\Termin' };
    expect((await folderWith({ strategy: 'laravel-queue', laravel }).context()).retry?.laravel).toEqual(laravel);
  });

  it.each([
    [{ strategy: 'command' }, 'retry: the strategy command needs command → add'],
    [{ strategy: 'command', command: { command: [] } }, 'retry.command.command: is empty'],
    [{ strategy: 'command', command: { command: 'artisan' } }, 'retry.command.command: must be a list'],
    [{ strategy: 'command', command: { command: ['a'], per: 'each' } }, 'per: must be one of row, batch'],
    [
      { strategy: 'laravel-queue', laravel: { connection: 'x' } },
      'unknown key "connection" → did you mean connections?',
    ],
  ])('refuses %j with one line', async (retry, line) => {
    expect(await folderWith(retry).complaint()).toContain(line);
  });
});

describe('a key that is no key', () => {
  it.each([
    ['', 'is empty'],
    [`${KEY}\n`, 'holds a newline'],
    [`cal_live\r\nX-Admin: 1${KEY}`, 'holds a newline'],
    [`${KEY}\u001b[2J`, 'holds a control character'],
    [`${KEY}\u0000`, 'holds a control character'],
    [`Bearer ${KEY}`, 'holds a space'],
    [`${KEY}ü`, 'holds a character that is not ASCII'],
  ])('%j is told in one line without it, and all but retries goes on', async (key, what) => {
    const folder = new Folder().set({ KEY: key }).write('apptop.json', withApi({ apiKey: '${env:KEY}', sql: SQL }));
    const line = await refusal(folder);
    expect(line).toBe(
      `./apptop.json: contexts.prod.retry.calcomApi.apiKey: ${what} → give the key alone, as Cal.com shows it: cal_…`,
    );
    expect(inspect((await folder.context()).retry)).not.toContain(KEY);
  });

  it('is a file with two lines', async () => {
    const folder = new Folder().write('key', `${KEY}\nsecond\n`);
    folder.write('apptop.json', withApi({ apiKeyFile: 'key', sql: SQL }));
    expect(await refusal(folder)).toContain('retry.calcomApi.apiKeyFile: ./key: holds a newline');
    folder.write('key', '\n');
    expect(await refusal(folder)).toContain('./key: is empty → write the key into it');
  });

  it.each([
    [{ apiKey: '${env:NOT_SET}' }, 'calcomApi.apiKey: the variable NOT_SET is not set'],
    [{}, 'calcomApi: the API key is given in no way → write one of apiKey and apiKeyFile'],
    [{ apiKey: KEY, apiKeyFile: 'key' }, 'calcomApi: the API key is given in more than one way'],
    [{ apiKeyFile: 'gone' }, 'calcomApi.apiKeyFile: ./gone: there is no such file'],
  ])('%j', async (given, line) => {
    const folder = new Folder().write('apptop.json', withApi({ ...given, sql: SQL }));
    expect(await refusal(folder)).toContain(`./apptop.json: contexts.prod.retry.${line}`);
  });
});

it('is noted where it stands in a file that others may read', async () => {
  const folder = new Folder().write('apptop.json', withApi({ apiKey: KEY, sql: SQL }), 0o644);
  const { notes } = await folder.load();
  expect(notes).toEqual(['./apptop.json holds an API key and others may read it (chmod 600 it)']);
  folder.write('apptop.json', withApi({ apiKey: '${env:KEY}', sql: SQL }), 0o644);
  expect((await folder.load()).notes).toEqual([]);
});
