import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendLine } from '../../src/audit/local-file.ts';
import { plantAudit, record } from '../audit/planted.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { Operator, urlOf } from './operator.ts';

/** A database with these records, and somebody who looks at them. */
async function audited(engine: TestEngine, records: readonly unknown[] | undefined) {
  const db = await engine.database();
  await engine.createAppointments(db);
  if (records !== undefined) await plantAudit(engine, db, records);
  const operator = new Operator();
  return { db, operator, audit: (...args: string[]) => operator.run('audit', ...args, '--url', urlOf(db)) };
}

const HISTORY = [
  record({ reason: 'OPS-1' }),
  record({
    event: 'outcome',
    at: '2026-11-21T12:05:02.123Z',
    outcome: 'done',
    operator: { user: 'bob', host: 'web2' },
  }),
];

for (const engine of ENGINES) {
  describe(`the record of changes from the command line on ${engine.name}`, () => {
    test('is a line each for a program, the newest first', async () => {
      const { audit } = await audited(engine, HISTORY);
      expect(await audit('list')).toEqual({
        code: 0,
        stdout: [
          '2\t2026-11-21T12:05:02.123Z\tbob@web2\toutcome\tmove-booking-ids\t1\tdone\t',
          '1\t2026-11-21T12:04:31.000Z\tada@web1\tintent\tmove-booking-ids\t1\t\tOPS-1',
          '',
        ].join('\n'),
        stderr: '',
      });
    });

    test('is one document', async () => {
      const { audit } = await audited(engine, ['nonsense', ...HISTORY]);
      const { code, stdout } = await audit('list', '--json');
      expect([code, JSON.parse(stdout)]).toMatchObject([
        0,
        {
          version: 1,
          environment: 'production',
          why: null,
          records: [
            { seq: 3, event: 'outcome', operator: { user: 'bob' }, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
            { seq: 2, event: 'intent', reason: 'OPS-1', change: 'move-booking-ids', run: 1 },
            { seq: 1, body: 'nonsense' },
          ],
        },
      ]);
    });

    test('has every record, however many', async () => {
      const { audit } = await audited(
        engine,
        Array.from({ length: 501 }, (_, index) => record({ run: index + 1 })),
      );
      const { stdout } = await audit('list');
      expect(stdout.split('\n').map((line) => line.split('\t')[5])).toEqual([
        ...Array.from({ length: 501 }, (_, index) => String(501 - index)),
        undefined,
      ]);
    });

    test('is empty where nothing was changed, and says so', async () => {
      const { audit } = await audited(engine, undefined);
      const none = { code: 0, stdout: '', stderr: 'apptop: nothing was changed with apptop yet\n' };
      expect(await audit('list')).toEqual(none);
      const { stdout } = await audit('list', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ records: [], why: 'nothing was changed with apptop yet' });
      const { code, stderr } = await audit('verify');
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/^FINE {2}0 records in the database, .*no local file /),
      ]);
    });

    test('shows hostile values instead of sending them', async () => {
      const hostile = 'a\tb\n\u001b[2J\u202e';
      const { audit } = await audited(engine, [
        hostile,
        record({ change: hostile, operator: { user: hostile, host: '' } }),
      ]);
      for (const args of [['list'], ['list', '--json'], ['verify'], ['verify', '--json']]) {
        const { stdout, stderr } = await audit(...args);
        expect([...stdout, ...stderr].filter((character) => /(?![\n\t])[\p{Cc}\p{Cf}]/u.test(character))).toEqual([]);
      }
      const { stdout } = await audit('list');
      expect(stdout).toContain('a␉b␊␛[2J⟪U+202E⟫');
    });

    test('is fine, or broken with 2 and what is wrong', async () => {
      const { audit, db } = await audited(engine, [...HISTORY, record({ event: 'halt' })]);
      const fine = await audit('verify');
      expect([fine.code, fine.stdout, fine.stderr]).toEqual([
        0,
        '',
        expect.stringMatching(/^FINE {2}3 records in the database, 0 of them announced here; no local file \//),
      ]);
      await db.execute("UPDATE apptop_audit SET body = replace(body, 'bob', 'eve')");
      const broken = await audit('verify');
      expect([broken.code, broken.stdout]).toEqual([
        2,
        'edited\tdatabase\t2\tit is not what was hashed when it was written\n',
      ]);
      const { code, stdout } = await audit('verify', '--json');
      expect([code, JSON.parse(stdout)]).toMatchObject([
        2,
        {
          version: 1,
          verdict: 'broken',
          database: { records: 3, announcedHere: 0 },
          problem: null,
          findings: [{ place: 'database', at: 2, kind: 'edited', broken: true }],
        },
      ]);
    });
  });
}

describe('the record of changes without a database', () => {
  const url = ['--url', 'mysql://ada@127.0.0.1:1/shop'];
  const operator = () => new Operator();

  /** The local file of an operator's database, named by the product itself. */
  async function fileOf(somebody: Operator): Promise<string> {
    const { stdout } = await somebody.run('audit', 'verify', '--json', ...url);
    const document: { readonly local: { readonly file: string } } = JSON.parse(stdout);
    return document.local.file;
  }

  test('is looked at in the local file only, which is said', async () => {
    const somebody = operator();
    const path = await fileOf(somebody);
    expect(path).toMatch(new RegExp(`^${join(somebody.home, '.local/state/apptop/audit')}/[0-9a-f]{16}\\.jsonl$`));
    await appendLine(path, (file, seq) => ({ seq, record: record({ file }) }));
    const whole = await somebody.run('audit', 'verify', ...url);
    expect([whole.code, whole.stdout]).toEqual([3, '']);
    expect(whole.stderr).toMatch(
      /^apptop: only the local file was looked at: nobody answers at .*\nUNKNOWN {2}1 line in \//,
    );
    await appendLine(path, (_, seq) => ({ seq, record: record() }));
    writeFileSync(path, 'hello\n', { flag: 'a' });
    const broken = await somebody.run('audit', 'verify', ...url);
    expect([broken.code, broken.stdout]).toEqual([2, 'forged\tlocal file\t3\tthis is no line of apptop\n']);
  });

  test('cannot be told where the file cannot be read', async () => {
    const somebody = operator();
    const path = await fileOf(somebody);
    mkdirSync(path, { recursive: true });
    const { code, stderr } = await somebody.run('audit', 'verify', ...url);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`cannot read ${path}`)]);
  });

  test.each([
    [[], 'audit needs a word: give one of list, verify'],
    [['lst'], 'unexpected "lst", wanted list, verify: did you mean list?'],
  ])('%j is a wrong command line', async (words, complaint) => {
    const { code, stderr } = await operator().run('audit', ...words);
    expect([code, stderr]).toEqual([3, expect.stringContaining(complaint)]);
  });
});
