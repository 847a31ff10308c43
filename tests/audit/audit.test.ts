import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EVENTS } from '../../src/audit/event.ts';
import { loginOf } from '../../src/audit/operator.ts';
import { openWriting } from '../../src/data/writing.ts';
import { Problem } from '../../src/model/problem.ts';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { Ledger } from './ledger.ts';

const HOST = fileURLToPath(new URL('record-host.ts', import.meta.url));

/** Another process that records so many intents; it ends when it is done or killed. */
const recording = ({ stand }: Ledger, name: string, times: number): ChildProcess =>
  spawn(process.execPath, [HOST, stand.db.url, name, String(times)], { stdio: ['ignore', 'pipe', 'inherit'] });

const numbered = (name: string, times: number) => Array.from({ length: times }, (_, index) => `${name} ${index + 1}`);

for (const engine of ENGINES) {
  describe(`the record on ${engine.name}`, () => {
    test('is in both places, each entry after the one before it, and fits', async () => {
      const ledger = await Ledger.open(engine);
      for (const event of EVENTS) await ledger.audit.record(ledger.stand.session, { event });
      const { entries } = await ledger.read();
      expect(entries.map(({ seq, record }) => [seq, record?.event]).toReversed()).toEqual(
        EVENTS.map((event, index) => [index + 1, event]),
      );
      expect(await ledger.verify()).toEqual({
        findings: [],
        records: EVENTS.length,
        own: EVENTS.length,
        file: ledger.file,
        lines: 2 * EVENTS.length,
      });
      expect(ledger.lines.at(-1)).toContain(`"database":{"hash":"${entries[0]?.hash}","seq":${EVENTS.length}}`);
    });

    test('says who, what and why, and no value that stands in a statement', async () => {
      const ledger = await Ledger.open(engine);
      const { session } = ledger.stand;
      await ledger.audit.record(session, {
        event: 'outcome',
        change: 'move-booking-ids',
        run: 7,
        digest: 'abc',
        reason: 'tïcket\u0000\u001b[2J\ud83d 漢字',
        sql: ["UPDATE appointments SET email = 'ada@example.com' WHERE id = 5"],
        counts: { planned: { move: 102 }, actual: { moved: 101, raced: 1 } },
        outcome: 'done',
        details: { conflicts: ['17', '18'], resumed: true },
      });
      const [entry] = (await ledger.read()).entries;
      expect(entry?.record).toEqual({
        version: 1,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        event: 'outcome',
        operator: expect.objectContaining({ host: hostname(), pid: process.pid, databaseUser: session.server.user }),
        context: 'test',
        environment: 'production',
        database: session.server.database,
        file: expect.stringMatching(/^[0-9a-f]{16}$/),
        change: 'move-booking-ids',
        run: 7,
        digest: 'abc',
        reason: 'tïcket\u0000\u001b[2J\ud83d 漢字',
        sql: ['UPDATE appointments SET email = ? WHERE id = ?'],
        counts: { planned: { move: 102 }, actual: { moved: 101, raced: 1 } },
        outcome: 'done',
        details: { conflicts: ['17', '18'], resumed: true },
      });
      const [clock] = await ledger.execute(`SELECT ${NOW[engine.name]} AS now`);
      expect(Math.abs(Date.parse(entry?.record?.at ?? '') / 1000 - Number(clock?.['now']))).toBeLessThan(30);
      expect((await ledger.verify()).findings).toEqual([]);
    });

    test('stays small whatever it is told', async () => {
      const ledger = await Ledger.open(engine);
      const long = 'ö'.repeat(100_000);
      await ledger.audit.record(ledger.stand.session, {
        event: 'halt',
        change: long,
        reason: long,
        outcome: long,
        sql: Array.from({ length: 50 }, () => long),
        details: { why: long },
      });
      const [entry] = (await ledger.read()).entries;
      expect(entry?.record).toMatchObject({ event: 'halt', details: { left_out: expect.any(String) }, sql: undefined });
      expect((await ledger.verify()).findings).toEqual([]);
    });

    test('of several processes at the same time is one chain in both places', async () => {
      const ledger = await Ledger.open(engine);
      const children = ['a', 'b', 'c'].map((name) => recording(ledger, name, 8));
      const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
      expect(codes).toEqual([0, 0, 0]);
      expect((await ledger.changes()).toSorted()).toEqual(['a', 'b', 'c'].flatMap((name) => numbered(name, 8)));
      expect(await ledger.verify()).toMatchObject({ findings: [], records: 24, own: 24, lines: 48 });
    });

    test('survives a process that is killed at any point of it', async () => {
      const ledger = await Ledger.open(engine);
      const said: string[] = [];
      for (let round = 0; round < 5; round += 1) {
        const child = recording(ledger, `round ${round}`, 1_000);
        let heard = 0;
        child.stdout?.on('data', (chunk: Buffer) => {
          heard += String(chunk).trimEnd().split('\n').length;
        });
        await poll(() => heard > round * 2, { deadlineMs: 15_000 });
        child.kill('SIGKILL');
        await once(child, 'exit');
        said.push(...numbered(`round ${round}`, heard));
        await ledger.intents(`after ${round}`);
      }
      const { findings } = await ledger.verify();
      expect(findings.filter(({ kind }) => kind !== 'torn' && kind !== 'unnoted')).toEqual([]);
      // What a process was told to be on record is.
      expect(await ledger.changes()).toEqual(expect.arrayContaining(said));
    });

    test('of a transaction stands or falls with it, and neither is taken for forgery', async () => {
      const ledger = await Ledger.open(engine);
      const { session } = ledger.stand;
      await ledger.intents('before');
      const entered = await session.transaction(() =>
        ledger.audit.enter(session, { event: 'decision', change: 'kept' }),
      );
      await ledger.audit.note(entered);
      const undone = session.transaction(async () => {
        await ledger.audit.enter(session, { event: 'decision', change: 'undone' });
        throw new Error('changed its mind');
      });
      await expect(undone).rejects.toThrow('changed its mind');
      await ledger.intents('after');
      expect(await ledger.changes()).toEqual(['before', 'kept', 'after']);
      expect(await ledger.findings()).toEqual(['file unnoted 5']);
    });

    test('waits for a transaction that records, and follows it', async () => {
      const ledger = await Ledger.open(engine);
      const { session } = ledger.stand;
      const other = await openWriting(ledger.context);
      try {
        const both = await session.transaction(async () => {
          const entered = await ledger.audit.enter(session, { event: 'decision', change: 'first' });
          const second = ledger.audit.record(other, { event: 'pause', change: 'second' });
          await poll(() => ledger.lines.length === 2);
          return { entered, second };
        });
        await ledger.audit.note(both.entered);
        await both.second;
      } finally {
        await other.close();
      }
      expect(await ledger.changes()).toEqual(['first', 'second']);
      expect(await ledger.findings()).toEqual([]);
    });

    test('that the database does not take blocks, and what is known is in the file', async () => {
      const ledger = await Ledger.open(engine);
      await ledger.execute('DROP TABLE apptop_audit');
      const failure = await ledger.intents('nowhere').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Problem);
      expect(failure).toMatchObject({ kind: 'blocked', message: expect.stringMatching(/^it can't be recorded: /) });
      expect(ledger.lines).toHaveLength(1);
      expect((await ledger.read()).why).toBe('nothing was changed with apptop yet');
      expect(await ledger.findings()).toEqual(['file unnoted 1']);
    });

    test.skipIf(engine.sever === undefined)('of a run whose connection is lost stays in the file', async () => {
      const ledger = await Ledger.open(engine);
      await ledger.intents('lost');
      await engine.sever?.(ledger.stand.db);
      const outcome = ledger.audit.record(ledger.stand.session, { event: 'outcome', outcome: 'lost' });
      await expect(outcome).rejects.toMatchObject({ kind: 'blocked' });
      expect(ledger.lines.at(-1)).toContain('"outcome":"lost"');
    });

    test('that the file does not take blocks, and nothing is in the database', async () => {
      const ledger = await Ledger.open(engine);
      mkdirSync(dirname(dirname(ledger.file)));
      writeFileSync(dirname(ledger.file), 'a file where the folder would be');
      await expect(ledger.intents('nowhere')).rejects.toMatchObject({
        kind: 'blocked',
        remedy: expect.stringContaining('XDG_STATE_HOME'),
      });
      expect(await ledger.changes()).toEqual([]);
      rmSync(dirname(ledger.file));
    });

    test('is found by event and plan', async () => {
      const ledger = await Ledger.open(engine);
      const { session } = ledger.stand;
      const approved = () => ledger.audit.recordsOf(ledger.database, 'approve', 'abc');
      expect(await approved()).toEqual([]);
      for (const digest of ['abc', 'abcd', '%']) await ledger.audit.record(session, { event: 'approve', digest });
      await ledger.audit.record(session, { event: 'intent', digest: 'abc', reason: '"event":"approve"' });
      expect((await approved()).map(({ digest }) => digest)).toEqual(['abc']);
      await ledger.execute('DROP TABLE apptop_audit');
      expect(await approved()).toEqual([]);
    });
  });
}

const NOW = { sqlite: 'unixepoch()', mysql: 'unix_timestamp()', postgres: 'extract(epoch from now())' } as const;

test('who logged in is what the kernel says, whatever they became', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nada:x:1001:1001::/home/ada:/bin/sh\n';
  expect(loginOf('1001', passwd, 0)).toBe('ada');
  expect(loginOf('1002', passwd, 0)).toBe('uid 1002');
  expect(loginOf('1001', passwd, 1001)).toBeUndefined();
  // A service, a container, and a system that keeps no such thing.
  expect(loginOf('4294967295', passwd, 0)).toBeUndefined();
  expect(loginOf('', passwd, 0)).toBeUndefined();
});
