import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadWriting, type WritingEngine } from '../../src/data/writing.ts';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { NO_DISK, smallDisk } from './small-disk.ts';

for (const sqlite of ENGINES.filter(({ name }) => name === 'sqlite')) {
  describe('an online backup', () => {
    let writing: WritingEngine;
    let path: string;
    let file: Sqlite.Database;
    const copy = () => `${path}.copy`;
    const backUp = (to = copy(), signal = new AbortController().signal) =>
      writing.onlineBackup?.({ engine: 'sqlite', path }, to, signal) ?? Promise.reject(new Error('has none'));

    beforeEach(async () => {
      writing = await loadWriting('sqlite');
      const db = await sqlite.database();
      path = db.url;
      file = new Sqlite(path, { timeout: 20_000 });
      file.pragma('synchronous = OFF');
      file.exec(`CREATE TABLE big (n integer PRIMARY KEY, text); CREATE TABLE a (n); CREATE TABLE b (n);
        INSERT INTO big WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
          SELECT i, randomblob(1500) FROM n`);
      return async () => {
        file.close();
        rmSync(copy(), { force: true });
        await db.drop();
      };
    });

    const leftovers = () => readdirSync(dirname(path)).filter((name) => name.startsWith(basename(copy())));

    test.each(['WAL', 'DELETE'])('of a file that is written to is whole, with journal mode %s', async (mode) => {
      file.pragma(`journal_mode = ${mode}`);
      const over = new AbortController();
      const backup = backUp().finally(() => over.abort());
      let writes = 0;
      while (!over.signal.aborted) {
        writes += 1;
        file.exec(`BEGIN IMMEDIATE; INSERT INTO a VALUES (1); UPDATE big SET text = 'x' WHERE n = ${writes};
          INSERT INTO b VALUES (1); COMMIT`);
        await sleep(1);
      }
      await backup;
      expect(writes).toBeGreaterThan(5);
      expect(leftovers()).toEqual([basename(copy())]);
      expect(statSync(copy()).mode & 0o777).toBe(0o600);
      const copied = new Sqlite(copy());
      expect(copied.pragma('integrity_check', { simple: true })).toBe('ok');
      const rows = (table: string) => copied.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
      expect(rows('big')).toBe(20_000);
      expect(rows('a')).toBe(rows('b'));
      copied.close();
    });

    test('never goes over a file that is there', async () => {
      writeFileSync(copy(), 'mine');
      await expect(backUp()).rejects.toMatchObject({ name: 'Problem', kind: 'refused' });
      expect(statSync(copy()).size).toBe(4);
      await expect(backUp(join(dirname(path), 'no-such-folder', 'copy'))).rejects.toMatchObject({ kind: 'refused' });
    });

    test('that is stopped leaves nothing', async () => {
      const stop = new AbortController();
      const backup = backUp(copy(), stop.signal);
      await poll(() => existsSync(`${copy()}.part`));
      stop.abort();
      await expect(backup).rejects.toMatchObject({ name: 'Problem', kind: 'cancelled' });
      expect(leftovers()).toEqual([]);
    });

    test('for which there is no room leaves nothing', async ({ skip }) => {
      const disk = smallDisk('4m') ?? skip(NO_DISK);
      await expect(backUp(join(disk, 'copy'))).rejects.toMatchObject({ name: 'Problem', kind: 'full' });
      expect(readdirSync(disk)).toEqual([]);
    });
  });
}
