import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES } from '../engines/engines.ts';
import { Operator, urlOf, withUser } from './operator.ts';

const fieldLike = { unique: true };

for (const engine of ENGINES) {
  describe(`the status on ${engine.name}`, () => {
    test('prints the figures of the field and their verdict as the exit code', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, fieldLike);
      await engine.insert(db, 'appointments', seedRows(Date.now()));
      const { code, stdout, stderr } = await new Operator().run('status', '--url', urlOf(db));
      expect(stdout).toMatch(/^DEGRADED {2}102 ids misplaced · /m);
      expect(stdout).toMatch(/^ {2}misplaced +102 +79\.7 % {2}V1 id in the V2 column$/m);
      expect(stdout).toMatch(/^ {2}V2 uid in V2 column +3$/m);
      expect(stdout).toMatch(/^ {2}cal\.com +101 {2}101 with ids$/m);
      expect(stdout).toMatch(/^Manual review, 5 rows, oldest 3 h$/m);
      expect([code, stderr]).toEqual([1, '']);
    });

    test('prints one document for programs: counts as numbers, ids as text', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, fieldLike);
      await engine.insert(db, 'appointments', seedRows(Date.now()));
      const { code, stdout } = await new Operator().run('status', '--json', '--url', urlOf(db));
      const document: unknown = JSON.parse(stdout);
      expect(document).toMatchObject({
        version: 1,
        environment: 'production',
        access: 'read',
        verdict: 'DEGRADED',
        total: 128,
        classes: { none: 23, v1: 0, v2: 1, both: 2, misplaced: 102, duplicate: 0, conflict: 0, review: 0 },
        lines: { v1InV1Column: 2, v2InV2Column: 3, v1InV2Column: 102, both: 2, none: 23 },
        migration: 'not-started',
        review: { rows: 5 },
      });
      expect(stdout).toMatch(/"tenant": "\d+"/);
      expect(stdout).toMatch(/"takenAt": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/);
      expect(code).toBe(1);
    });

    test('is healthy on an empty table, and says what a table without sync columns lacks', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { without: ['source', 'calcom_sync_status', 'requires_manual_review'] });
      const { code, stdout } = await new Operator().run('status', '--url', urlOf(db));
      expect(stdout).toMatch(/^HEALTHY$/m);
      expect(stdout).toMatch(/^By source: needs column source$/m);
      expect(stdout).toMatch(/^Sync: needs column calcom_sync_status$/m);
      expect(stdout).toMatch(/^Manual review: needs column requires_manual_review$/m);
      expect(code).toBe(0);
    });

    test('shows hostile values instead of sending them', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      await engine.insert(db, 'appointments', [
        { source: '\u001b[2J\u0007\u202egnp.exe\nnext' },
        { source: '漢字😀e\u0301' },
      ]);
      const { stdout } = await new Operator().run('status', '--url', urlOf(db));
      expect(stdout).toContain('␛[2J␇⟪U+202E⟫gnp.');
      const unseen = [...stdout].filter((character) => character !== '\n' && /[\p{Cc}\p{Cf}]/u.test(character));
      expect(unseen).toEqual([]);
    });

    test('stops for misplaced ids that are back after the move', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { extra: ['_migration_backup_v2_id varchar(255)'] });
      await engine.insert(db, 'appointments', [{ calcom_v2_booking_id: '8212577' }]);
      const { code, stdout } = await new Operator().run('status', '--url', urlOf(db));
      expect(stdout).toMatch(/^STOP {2}1 id misplaced after the move$/m);
      expect(code).toBe(2);
    });

    test('stops for what a check found in the last day', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      await engine.insert(db, 'appointments', [{ sync_origin: 'calcom', sync_job_id: 'sent back' }]);
      const operator = new Operator();
      expect((await operator.run('status', '--url', urlOf(db))).code).toBe(0);
      await operator.run('check', 'sync/loop-prevention', '--url', urlOf(db));
      const { code, stdout } = await operator.run('status', '--url', urlOf(db));
      expect(stdout).toMatch(/^STOP {2}sync\/loop-prevention: 1 violation, just now$/m);
      expect(code).toBe(2);
    });

    test('says in one line what is wrong and what to do, with exit code 3', async () => {
      const db = await engine.database();
      const wrong = [urlOf(db)];
      if (db.target.engine !== 'sqlite') wrong.push(withUser(db.url, 'nobody_at_all', 'hunter2'));
      for (const url of wrong) {
        const began = performance.now();
        const { code, stdout, stderr } = await new Operator().run('status', '--url', url);
        expect([code, stdout]).toEqual([3, '']);
        expect(stderr.trimEnd().split('\n')).toHaveLength(1);
        expect(stderr).not.toContain('hunter2');
        expect(performance.now() - began).toBeLessThan(5_000);
      }
    });
  });
}
