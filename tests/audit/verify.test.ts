import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/audit/canonical.ts';
import { type Link, loadHashing } from '../../src/audit/chain.ts';
import { isBroken } from '../../src/audit/verify.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { Ledger } from './ledger.ts';

/** A record of five changes, in both places. */
async function five(engine: TestEngine): Promise<Ledger> {
  const ledger = await Ledger.open(engine);
  await ledger.intents('one', 'two', 'three', 'four', 'five');
  return ledger;
}

/** Writes the table's rows anew from one on, with hashes that fit, as somebody would who knows how. */
async function rehash(ledger: Ledger, from: number, change: (link: Link) => Link = (link) => link): Promise<void> {
  const hashOf = await loadHashing();
  const links = (await ledger.read()).entries.toReversed();
  let prev = links.find(({ seq }) => seq === from - 1)?.hash ?? '0'.repeat(64);
  for (const link of links.filter(({ seq }) => seq >= from)) {
    const { seq, body } = change(link);
    const hash = hashOf(prev, body);
    await ledger.execute('UPDATE apptop_audit SET body = ?, prev = ?, hash = ? WHERE seq = ?', [body, prev, hash, seq]);
    prev = hash;
  }
}

const NOTHING: readonly string[] = [];

for (const engine of ENGINES) {
  describe(`tampering on ${engine.name} is found:`, () => {
    test('a text in the database', async () => {
      const ledger = await five(engine);
      await ledger.execute("UPDATE apptop_audit SET body = replace(body, 'three', 'eerht') WHERE seq = 3");
      expect(await ledger.findings()).toEqual(['database edited 3']);
    });

    test('a text in the database, with all hashes after it made anew', async () => {
      const ledger = await five(engine);
      await rehash(ledger, 3, (link) => ({ ...link, body: link.body.replace('three', 'eerht') }));
      expect(await ledger.findings()).toEqual(
        expect.arrayContaining(['database replaced 3', 'database replaced 4', 'database replaced 5']),
      );
    });

    test('a record that is gone from the beginning, the middle, the end, and all of them', async () => {
      const ledger = await five(engine);
      const gone = async (where: string) => {
        await ledger.execute(`DELETE FROM apptop_audit WHERE ${where}`);
        return ledger.findings();
      };
      expect(await gone('seq = 3')).toEqual(['database deleted 4']);
      expect(await gone('seq = 5')).toEqual(['database deleted 4', 'database truncated 4']);
      expect(await gone('seq = 1')).toEqual(['database deleted 2', 'database deleted 4', 'database truncated 4']);
      expect(await gone('1 = 1')).toEqual(['database truncated 0']);
      await ledger.execute('DROP TABLE apptop_audit');
      expect(await ledger.findings()).toEqual(['database truncated 0']);
    });

    test('a record that is gone from the middle, with numbers and hashes made anew', async () => {
      const ledger = await five(engine);
      await ledger.execute('DELETE FROM apptop_audit WHERE seq = 3');
      for (const seq of [4, 5]) await ledger.execute('UPDATE apptop_audit SET seq = ? WHERE seq = ?', [seq - 1, seq]);
      await rehash(ledger, 3);
      expect(await ledger.findings()).toEqual(['database replaced 3', 'database replaced 4', 'database truncated 4']);
    });

    test('records that changed places in the database', async () => {
      const ledger = await five(engine);
      for (const [from, to] of [
        [2, 9],
        [3, 2],
        [9, 3],
      ] as const)
        await ledger.execute('UPDATE apptop_audit SET seq = ? WHERE seq = ?', [to, from]);
      expect(await ledger.findings()).toEqual([
        'database reordered 2',
        'database reordered 3',
        'database reordered 4',
        'database replaced 2',
        'database replaced 3',
      ]);
    });

    test('a record that was put behind the last one, and says that it came from here', async () => {
      const ledger = await five(engine);
      const [last] = (await ledger.read()).entries;
      const body = canonicalJson({ ...last?.record, change: 'forged' });
      const hash = (await loadHashing())(last?.hash ?? '', body);
      await ledger.execute('INSERT INTO apptop_audit (seq, body, prev, hash) VALUES (6, ?, ?, ?)', [
        body,
        last?.hash ?? '',
        hash,
      ]);
      expect(await ledger.findings()).toEqual(['file truncated 10']);
      const { findings } = await ledger.verify();
      expect(findings[0]?.text).toContain('record 6 of the database came from here, and no line has it');
    });

    test('a line that was edited, with its hash or without', async () => {
      const ledger = await five(engine);
      ledger.rewrite((lines) => lines.with(4, lines[4]?.replace('three', 'eerht') ?? ''));
      expect(await ledger.findings()).toContain('file edited 5');
      ledger.rewrite((lines) => lines.with(4, lines[4]?.replace('{"body"', '{ "body"') ?? ''));
      expect(await ledger.findings()).toContain('file edited 5');
    });

    test('a line that is gone from the beginning, the middle, the end', async () => {
      const ledger = await five(engine);
      const lines = [...ledger.lines];
      ledger.rewrite(() => lines.slice(2));
      expect(await ledger.findings()).toEqual(['file deleted 1', 'file truncated 8']);
      ledger.rewrite(() => lines.toSpliced(4, 2));
      expect(await ledger.findings()).toEqual(['file deleted 5', 'file truncated 8']);
      ledger.rewrite(() => lines.slice(0, 6));
      expect(await ledger.findings()).toEqual(['file truncated 6']);
      expect((await ledger.verify()).findings[0]?.text).toContain('records 4, 5 of the database came from here');
    });

    test('lines that changed places, were put in, or are none', async () => {
      const ledger = await five(engine);
      const lines = [...ledger.lines];
      ledger.rewrite(() => lines.with(4, lines[6] ?? '').with(6, lines[4] ?? ''));
      expect(await ledger.findings()).toContain('file reordered 6');
      ledger.rewrite(() => lines.toSpliced(4, 0, lines[2] ?? ''));
      expect(await ledger.findings()).toEqual(['file forged 5']);
      ledger.rewrite(() => lines.toSpliced(4, 0, 'hello'));
      expect(await ledger.findings()).toEqual(['file forged 5']);
    });

    test('a file of the same account for the address before is not gone', async () => {
      const ledger = await five(engine);
      renameSync(ledger.file, join(dirname(ledger.file), 'before.jsonl'));
      expect(await ledger.findings()).toEqual([]);
      await ledger.intents('six');
      expect(await ledger.findings()).toEqual([]);
    });

    test('a file that is gone, or empty, or was begun anew', async () => {
      const ledger = await five(engine);
      truncateSync(ledger.file, 0);
      expect(await ledger.findings()).toEqual(['file truncated 0']);
      rmSync(ledger.file);
      expect(await ledger.findings()).toEqual(['file truncated 0']);
      await ledger.intents('six');
      expect(await ledger.findings()).toEqual(['file truncated 2']);
      expect((await ledger.verify()).findings[0]?.text).toBe(
        'records 1, 2, 3, 4, 5 of the database came from this account here, and the file that announced it is gone',
      );
    });

    test('a line that was torn by hand', async () => {
      const ledger = await five(engine);
      ledger.rewrite((lines) => lines.with(4, lines[4]?.slice(0, 90) ?? ''));
      expect(await ledger.findings()).toEqual(['file torn 5', 'file deleted 6', 'file truncated 10']);
    });
  });

  describe(`what is no tampering on ${engine.name}:`, () => {
    test('a line that a crash tore, whatever follows', async () => {
      const ledger = await five(engine);
      appendFileSync(ledger.file, '{"body":{"record":{"at":"2026');
      expect(await ledger.findings()).toEqual(['file torn 11']);
      await ledger.intents('six');
      expect(await ledger.findings()).toEqual(['file torn 11']);
      expect(await ledger.changes()).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
    });

    test('a record that was announced and reached the database, where the crash came before the note', async () => {
      const ledger = await five(engine);
      ledger.rewrite((lines) => lines.slice(0, -1));
      const { findings } = await ledger.verify();
      expect(findings.map((finding) => [finding.kind, isBroken(finding)])).toEqual([['unnoted', false]]);
      expect(findings[0]?.text).toContain('it is record 5 of the database, and no line notes that');
      truncateSync(ledger.file, readFileSync(ledger.file).length - 1);
      await ledger.intents('six');
      expect(await ledger.findings()).toEqual(['file unnoted 9']);
    });

    test('records of another machine, and a file that never was here', async () => {
      const ledger = await five(engine);
      rmSync(ledger.file);
      await rehash(ledger, 1, (link) => ({
        ...link,
        body: link.body.replace(`"host":"${hostname()}"`, '"host":"web9"'),
      }));
      expect(await ledger.verify()).toMatchObject({ findings: [], records: 5, own: 0, lines: 0 });
      await ledger.intents('six');
      expect(await ledger.verify()).toMatchObject({ findings: [], records: 6, own: 1, lines: 2 });
    });

    test('records that are added while it looks', async () => {
      const ledger = await five(engine);
      const looks = (async () => {
        const found: string[] = [];
        for (let look = 0; look < 10; look += 1) found.push(...(await ledger.findings()));
        return found;
      })();
      await ledger.intents(...Array.from({ length: 10 }, (_, index) => `more ${index}`));
      expect((await looks).filter((finding) => !/unnoted|torn/.test(finding))).toEqual(NOTHING);
    });
  });
}
