import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagsOn } from '../../src/config/flags.ts';
import { Problem } from '../../src/model/problem.ts';
import { Folder } from './folder.ts';

const NAMES = ['SYNC', 'OAUTH', 'JOBS'];

/** What a person reads when flags can't be told. */
async function complaint(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error(`expected a Problem, got ${String(error)}`);
  return `${error.message} → ${error.remedy}`;
}

describe('which feature flags are on', () => {
  const file = (content: string) => {
    const { folder } = new Folder();
    const path = join(folder, '.env');
    writeFileSync(path, content);
    return { file: path };
  };

  it.each(['', 'SYNC=', 'SYNC=false', 'SYNC="False"', 'SYNC=0', 'SYNC=off', 'SYNC=(false) # Laravel', 'OTHER=true'])(
    'none in %j',
    async (content) => expect((await flagsOn(NAMES, file(content))).on).toEqual(new Map()),
  );

  it('those that hold anything else', async () => {
    const { on } = await flagsOn(NAMES, file('SYNC=true\nOAUTH=1\nJOBS=enabled\nOTHER=true'));
    expect([...on]).toEqual([
      ['SYNC', 'true'],
      ['OAUTH', '1'],
      ['JOBS', 'enabled'],
    ]);
  });

  it('says when the file is not there', async () => {
    expect(await complaint(flagsOn(NAMES, { file: '/gone/.env' }))).toBe(
      'flags.file: /gone/.env: there is no such file → check the path',
    );
  });

  it('as a command prints them, which gets nothing to read', async () => {
    const { folder } = new Folder();
    const print = ['sh', '-c', 'cat; echo SYNC=false; echo "OAUTH=true"'];
    expect([...(await flagsOn(NAMES, { command: print, folder })).on]).toEqual([['OAUTH', 'true']]);
    expect(await complaint(flagsOn(NAMES, { command: ['sh', '-c', 'echo secret >&2; exit 3'], folder }))).toBe(
      `flags.command: sh failed with exit code 3 → run sh by hand in ${folder} and see`,
    );
  });

  it('stops a command that is no longer wanted', async () => {
    const stop = new AbortController();
    const flags = flagsOn(NAMES, { command: ['sleep', '60'], folder: '/' }, stop.signal);
    stop.abort();
    expect(await complaint(flags)).toBe('flags.command: sleep was stopped → run it again');
  });
});

describe('what the checks expect', () => {
  const written = (more: object) =>
    new Folder().write('apptop.json', { contexts: { prod: { connection: 'sqlite:x.db', ...more } } });

  it('comes from the field unless the config says otherwise', async () => {
    const context = await written({ hotfix: {} }).context();
    expect(context.hotfix?.indexes).toContain('idx_appointments_call_id');
    expect(context.hotfix?.migrations).toEqual(['2025_10_18_000001_optimize_appointments_database_schema']);
    expect([context.flags, context.codeWrites, context.timedQueries]).toEqual([undefined, undefined, []]);
    expect((await written({}).context()).hotfix).toBeUndefined();
    expect(context.tables.calendars_event).toBe('calendars_event');
  });

  it('is taken from the config', async () => {
    const folder = written({
      tables: { calendars_event: 'django.events' },
      flags: { file: 'app/.env' },
      codeWrites: { appointments: ['created_by'] },
      hotfix: { indexes: ['by_call'] },
      timedQueries: [{ name: 'one', sql: 'SELECT 1' }],
      metrics: { webhookCascades: { sql: 'SELECT 0' }, processingSeconds: { command: ['print', '${env:SECONDS}'] } },
    });
    const context = await folder.set({ SECONDS: 'webhook' }).context();
    expect(context.tables).toMatchObject({
      calendars_event: 'django.events',
      calendars_eventstate: 'calendars_eventstate',
    });
    expect(context.flags).toEqual({ file: join(folder.folder, 'app/.env') });
    expect(context.codeWrites).toEqual({ appointments: ['created_by'] });
    expect(context.hotfix?.indexes).toEqual(['by_call']);
    expect(context.hotfix?.migrations).toHaveLength(1);
    expect(context.timedQueries).toEqual([{ name: 'one', sql: 'SELECT 1', maxMs: 100 }]);
    expect(context.metrics).toEqual({
      webhookCascades: { sql: 'SELECT 0' },
      processingSeconds: { command: ['print', 'webhook'], folder: folder.folder },
    });
    const inFile = written({ metrics: { webhookCascades: { file: 'cascades' } } });
    expect((await inFile.context()).metrics.webhookCascades).toEqual({ file: join(inFile.folder, 'cascades') });
  });

  it.each([
    [
      { flags: '.env' },
      'flags: must be an object with file or command → write {"file": ".env"} or {"command": ["ssh", "app", "env"]}',
    ],
    [{ codeWrites: { appointments: [] } }, 'codeWrites.appointments: is empty → write ["status", "starts_at"]'],
    [{ tables: { calendar_event: 'x' } }, 'tables: unknown key "calendar_event" → did you mean calendars_event?'],
    [{ timedQueries: [{ name: 'x' }] }, 'timedQueries[0].sql: must be text → write it in double quotes'],
    [
      { metrics: { webhookCascades: 'SELECT 0' } },
      'metrics.webhookCascades: must be an object with sql, file or command → write {"sql": "SELECT …"}, {"file": "path"} or {"command": ["program", "word"]}',
    ],
    [
      { metrics: { cascades: { sql: 'SELECT 0' } } },
      'metrics: unknown key "cascades" → use one of webhookCascades, processingSeconds',
    ],
    [{ hotfix: { indexs: [] } }, 'hotfix: unknown key "indexs" → did you mean indexes?'],
  ])('tells what is wrong in %j', async (more, line) => {
    expect(await written(more).complaint()).toBe(`./apptop.json: contexts.prod.${line}`);
  });
});
