import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { editDotenv } from '../../src/config/dotenv.ts';
import { readEnvEdit, whyNotReplaced, writeEnvEdit } from '../../src/rollback/env-file.ts';
import { type RollbackLevels, rollbackLevels } from '../../src/rollback/levels.ts';
import { operatedOn, peopleAndBookings } from '../changes/calendar-stand.ts';
import { type Operated, operated, row } from '../changes/guarded.ts';
import { Folder } from '../config/folder.ts';
import { ENGINES } from '../engines/engines.ts';

const OFF = { USE_UUID_CORRELATION_SYNC: 'false' };
const AT = new Date(Date.UTC(2026, 10, 21, 12, 4, 31));

/** Every byte that there is, lines that end in CRLF, comments, quotes, an export, and text that only looks like the flag. */
const ENV = Buffer.concat([
  Buffer.from(
    '# USE_UUID_CORRELATION_SYNC=true\r\nAPP_KEY="a\nUSE_X=1\nb"\r\nexport USE_UUID_CORRELATION_SYNC = "true" # on since May\r\n',
  ),
  Buffer.from([0x4e, 0x3d, 0xff, 0xfe, 0x80, 0x0a]),
  Buffer.from("OTHER='USE_UUID_CORRELATION_SYNC=true'\nLAST=1"),
]);

test('an env file keeps every byte but the flag, its mode and its links, and a backup stands beside it', () => {
  const folder = new Folder().write('shared/.env', '', 0o640);
  mkdirSync(join(folder.folder, 'current'));
  const real = join(folder.folder, 'shared/.env');
  const link = join(folder.folder, 'current/.env');
  symlinkSync('../shared/.env', link);
  writeBytes(folder, 'shared/.env', ENV);
  const edit = readEnvEdit(link, OFF);
  expect(edit.changes).toEqual([{ name: 'USE_UUID_CORRELATION_SYNC', line: 5, before: 'true', after: 'false' }]);
  expect(readFileSync(real).equals(ENV)).toBe(true);
  const backup = writeEnvEdit(edit, AT);
  const expected = Buffer.from(ENV.toString('latin1').replace('SYNC = "true" #', 'SYNC = "false" #'), 'latin1');
  expect(readFileSync(real).equals(expected)).toBe(true);
  expect([statSync(real).mode & 0o777, lstatSync(link).isSymbolicLink()]).toEqual([0o640, true]);
  expect(backup).toBe(`${real}.apptop-20261121T120431000Z.bak`);
  expect(readFileSync(backup ?? '').equals(ENV)).toBe(true);
  expect(statSync(backup ?? '').mode & 0o777).toBe(0o640);
  expect(readdirSync(join(folder.folder, 'shared')).toSorted()).toEqual([
    '.env',
    '.env.apptop-20261121T120431000Z.bak',
  ]);
  // Done twice it does nothing.
  expect(writeEnvEdit(readEnvEdit(link, OFF), AT)).toBeUndefined();
});

test('a value keeps its quotes and its comment, and a name that is not there comes at the end', () => {
  const edited = (content: string) => editDotenv(content, { A: 'false' }).content;
  expect(edited('A=true')).toBe('A=false');
  expect(edited("A='true'\n")).toBe("A='false'\n");
  expect(edited('A= true  # why\n')).toBe('A= false  # why\n');
  expect(edited('A=# why\n')).toBe('A=false # why\n');
  expect(edited('A=true\nB=1\nA=1\n')).toBe('A=false\nB=1\nA=false\n');
  expect(edited('B=1\r\nC=2')).toBe('B=1\r\nC=2\r\nA=false\r\n');
  expect(edited('')).toBe('A=false\n');
  expect(edited('XA=true\nA.B=true\n')).toBe('XA=true\nA.B=true\nA=false\n');
  expect(() => editDotenv('A=1', { A: 'x\nB=1' })).toThrow(RangeError);
});

test('a file that is read-only, a folder or not there is not written, and it says why', () => {
  const folder = new Folder().write('ro.env', 'USE_UUID_CORRELATION_SYNC=true\n', 0o444);
  const file = join(folder.folder, 'ro.env');
  expect(whyNotReplaced(file)).toMatch(/read-only|may not be/);
  expect(() => writeEnvEdit(readEnvEdit(file, OFF), AT)).toThrow(/read-only|may not be/);
  expect(readFileSync(file, 'utf8')).toBe('USE_UUID_CORRELATION_SYNC=true\n');
  chmodSync(file, 0o600);
  const edit = readEnvEdit(file, OFF);
  folder.write('ro.env', 'USE_UUID_CORRELATION_SYNC=maybe\n');
  expect(() => writeEnvEdit(edit, AT)).toThrow('somebody else changed it just now');
  expect(() => readEnvEdit(join(folder.folder, 'none.env'), OFF)).toThrow('there is no such file');
  expect(whyNotReplaced(folder.folder)).toBe('it is no file');
});

function writeBytes(folder: Folder, path: string, content: Buffer): void {
  folder.write(path, '', 0o640);
  writeFileSync(join(folder.folder, path), content);
}

/** The state of each criterion by its title, and the recommended level. */
const told = ({ levels, recommended }: RollbackLevels) => ({
  recommended,
  ...Object.fromEntries(levels.flatMap(({ criteria }) => criteria.map(({ title, state }) => [title, state]))),
});

const look = ({ path, context, database }: Operated) =>
  rollbackLevels(path, context, database, new AbortController().signal);

for (const engine of ENGINES) {
  describe(`levels of a rollback on ${engine.name}`, () => {
    test('each says when it is called for, by live values, and the lowest one is recommended', async () => {
      const folder = new Folder()
        .write('.env', 'USE_UUID_CORRELATION_SYNC=true\n')
        .write('cascades', '0\n')
        .write('seconds', '2\n');
      const at = (name: string) => join(folder.folder, name);
      await using on = await operated(engine, [row(1, null, '8212577')], {
        context: {
          metrics: { webhookCascades: { file: at('cascades') }, processingSeconds: { file: at('seconds') } },
          rollback: { flags: { file: at('.env'), set: OFF }, code: { steps: ['git revert', 'deploy'] } },
        },
      });
      const calm = await look(on);
      expect(told(calm)).toMatchObject({
        recommended: undefined,
        'incidents +50 %': 'not-met',
        'response time +100 %': 'not-met',
        'failures > 5 %': 'not-met',
        'level 1 did not help within 30 min': 'not-met',
        'data loss': 'unknown',
      });
      expect(
        calm.levels.map(({ number, change, does, impossible }) => [
          number,
          change,
          does.at(-1),
          impossible?.split(';')[0],
        ]),
      ).toEqual([
        [1, 'switch-flags-off', 'line 1  + USE_UUID_CORRELATION_SYNC=false', undefined],
        [2, undefined, 'deploy', undefined],
        [3, undefined, undefined, expect.stringContaining('nothing')],
      ]);

      folder.write('seconds', '6.5\n');
      const slow = await look(on);
      expect(slow.recommended).toBe(1);
      expect(slow.levels[0]?.criteria[2]).toEqual({
        title: 'response time +100 %',
        state: 'met',
        value: '6.5 s, normal 3 s, limit 6 s',
      });

      // The lowest one is taken as every other change: planned, with a reason, recorded.
      const end = await on.run('switch-flags-off');
      expect(end?.run.state).toBe('done');
      expect(readFileSync(at('.env'), 'utf8')).toBe('USE_UUID_CORRELATION_SYNC=false\n');
      const [entry] = await on.db.execute('SELECT body FROM apptop_audit ORDER BY seq');
      expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
        event: 'intent',
        change: 'switch-flags-off',
        reason: 'TEST-1',
      });
      await expect(on.run('switch-flags-off')).rejects.toThrow('is off already');
      expect(told(await look(on))).toMatchObject({ recommended: 1, 'level 1 did not help within 30 min': 'not-met' });
      await on.db.execute('UPDATE apptop_run SET ended_at = ended_at - 1900');
      const helpless = await look(on);
      expect(told(helpless)).toMatchObject({ 'level 1 did not help within 30 min': 'met' });
    });

    test('a database without appointments has levels too, and its flags are switched off', async () => {
      const folder = new Folder().write('.env', 'USE_UUID_CORRELATION_SYNC=true\n');
      const file = join(folder.folder, '.env');
      await using on = await operatedOn(engine, peopleAndBookings(engine), {
        rollback: { flags: { file, set: OFF }, code: undefined },
      });
      const { levels, recommended } = await look(on);
      expect([recommended, levels[0]?.change, levels[0]?.impossible]).toEqual([
        undefined,
        'switch-flags-off',
        undefined,
      ]);
      expect(levels[2]?.impossible).toMatch(/appointments/);
      expect((await on.run('switch-flags-off'))?.run.state).toBe('done');
      expect(readFileSync(file, 'utf8')).toBe('USE_UUID_CORRELATION_SYNC=false\n');
    });

    test('a flag that has to be among those of the config is told where it is not', async () => {
      const folder = new Folder().write('.env', 'USE_UUID_CORRELATION_SYNC=true\nOTHER=true\n');
      const file = join(folder.folder, '.env');
      const asked = { flag: 'USE_UUID_CORRELATION_SYNC' };
      const on = (set: Readonly<Record<string, string>>) =>
        operatedOn(engine, peopleAndBookings(engine), { rollback: { flags: { file, set }, code: undefined } });
      await using other = await on({ OTHER: 'false' });
      await expect(other.run('switch-flags-off', asked)).rejects.toMatchObject({
        message: 'the config does not switch USE_UUID_CORRELATION_SYNC off, but OTHER',
        remedy: 'add "USE_UUID_CORRELATION_SYNC": "false" to rollback.flags.set in the config',
      });
      await expect(other.run('switch-flags-off', { flags: 'X' })).rejects.toThrow('switch-flags-off takes no flags');
      await expect(other.run('switch-flags-off', { flag: 7 })).rejects.toThrow('a flag is named by its name');
      expect(readFileSync(file, 'utf8')).toContain('OTHER=true');
      await using right = await on(OFF);
      expect((await right.run('switch-flags-off', asked))?.run.state).toBe('done');
      expect(readFileSync(file, 'utf8')).toBe('USE_UUID_CORRELATION_SYNC=false\nOTHER=true\n');
    });

    test('ids that were never moved call for no level', async () => {
      const source = { created_at: new Date().toISOString().slice(0, 19).replace('T', ' ') };
      await using on = await operated(engine, [{ ...row(1, null, '8212577'), ...source }], {
        context: { rollback: { flags: undefined, code: { steps: ['deploy'] } } },
      });
      expect((await look(on)).recommended).toBeUndefined();
    });

    test('a value that is lost after the move calls for level 3, which says what it takes and until when', async () => {
      await using on = await operated(engine, [row(1, null, '8212577'), row(2, null, '8212578')]);
      await on.run('move-booking-ids');
      expect(told(await look(on))).toMatchObject({
        recommended: undefined,
        'data loss': 'not-met',
        'severe corruption': 'not-met',
      });
      await on.db.execute('UPDATE appointments SET calcom_booking_id = NULL WHERE id = 2');
      const lost = await look(on);
      expect(told(lost)).toMatchObject({ recommended: 3, 'data loss': 'met' });
      expect(lost.levels[2]).toMatchObject({
        change: 'rollback-booking-ids',
        until: expect.stringContaining('cleanup'),
      });
      expect(lost.levels[0]?.impossible).toContain('set rollback.flags in the config');
    });

    test('a command that fails halts the run, and is not run again by itself', async () => {
      const folder = new Folder();
      const command = ['sh', '-c', 'echo x >> ran; exit 3'];
      await using on = await operated(engine, [row(1, null, '8212577')], {
        context: { rollback: { flags: { command, folder: folder.folder }, code: undefined } },
      });
      const end = await on.run('switch-flags-off');
      expect([end?.run.state, end?.run.reason]).toEqual(['halted', 'sh ended with 3']);
      expect(readFileSync(join(folder.folder, 'ran'), 'utf8')).toBe('x\n');
    });
  });
}

test('while a command takes its time the run stays in the hands of its operator', { timeout: 60_000 }, async () => {
  await Promise.all(
    ENGINES.map(async (engine) => {
      const folder = new Folder();
      const command = ['sh', '-c', 'until test -e go; do sleep 0.1; done'];
      await using on = await operated(engine, [row(1, null, '8212577')], {
        context: { rollback: { flags: undefined, code: { command, folder: folder.folder } } },
      });
      const expiry = async () => {
        const [lease] = await on.db.execute('SELECT expires_at AS at FROM apptop_lease WHERE run IS NOT NULL');
        return Number(lease?.at ?? 0);
      };
      const run = on.run('roll-code-back');
      await vi.waitFor(async () => expect(await expiry()).toBeGreaterThan(0), { timeout: 20_000 });
      const first = await expiry();
      await vi.waitFor(async () => expect(await expiry()).toBeGreaterThan(first), { timeout: 30_000, interval: 500 });
      folder.write('go', '');
      expect((await run)?.run.state).toBe('done');
    }),
  );
});
