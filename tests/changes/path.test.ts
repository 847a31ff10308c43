import { randomUUID } from 'node:crypto';
import { symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Audit } from '../../src/audit/audit.ts';
import { phraseOf } from '../../src/changes/confirm.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { readPlan, sealed } from '../../src/changes/plan.ts';
import { Blocked, Drift } from '../../src/changes/refusals.ts';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import { openDatabase } from '../../src/data/database.ts';
import { STATE_TABLES } from '../../src/data/state/tables.ts';
import { Problem } from '../../src/model/problem.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { ENGINES } from '../engines/engines.ts';
import { DUMP, Operated, operated, row } from './guarded.ts';

const ROWS = [row(1, null, '101'), row(2, null, '102'), row(3, null, null)];
const free = { leave: new AbortController().signal, backup: DUMP };
const sure = { phrase: 'staging appointments 2', reason: 'TEST-1' };

for (const engine of ENGINES) {
  describe(`the guarded path on ${engine.name}`, () => {
    test('looking creates nothing and a context that reads changes nothing', async () => {
      await using on = await operated(engine, ROWS, { context: { access: 'read' } });
      const { plan, gates } = await on.look('move-booking-ids');
      expect(plan).toMatchObject({ rows: 2, total: 3, environment: 'staging', table: 'appointments' });
      expect(plan.sample.map(({ pk, action, after }) => [pk, action, after.v1, after.v2])).toEqual([
        ['1', 'move', '101', null],
        ['2', 'move', '102', null],
      ]);
      expect(gates.find(({ id }) => id === 'access')).toMatchObject({
        state: 'red',
        detail: 'this context only reads',
      });
      await expect(on.path.run(plan, sure, free)).rejects.toThrow(Blocked);
      await expect(on.db.execute('SELECT COUNT(*) AS n FROM apptop_run')).rejects.toThrow('apptop_run');
      expect(Object.values(await on.ids()).map(([, v2]) => v2)).toEqual(['101', '102', null]);
    });

    test('nothing runs without the exact phrase, nor in production without a reason', async () => {
      await using on = await operated(engine, ROWS, { context: { environment: 'production' } });
      const { plan } = await on.look('move-booking-ids');
      expect(phraseOf('typed', plan)).toBe('production appointments 2');
      const run = (phrase: string, reason?: string) => on.path.run(plan, { phrase, reason }, free);
      await expect(run('production appointments 3', 'OPS-1')).rejects.toThrow(
        '"production appointments 3" is not the phrase',
      );
      await expect(run('production appointments 2')).rejects.toThrow('needs a reason');
      await expect(run('production appointments 2', '  ')).rejects.toThrow('needs a reason');
      expect(await run('production appointments 2', 'OPS-1')).toMatchObject({
        run: { state: 'done', ticket: 'OPS-1' },
      });
    });

    test('figures that changed since the plan stop it, and the new plan comes back', async () => {
      await using on = await operated(engine, ROWS);
      const { plan } = await on.look('move-booking-ids');
      await engine.insert(on.db, 'appointments', [row(4, null, '104')]);
      const failure = await on.path.run(plan, sure, free).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Drift);
      expect(failure).toMatchObject({ plan: { rows: 3 } });
      expect(Object.values(await on.ids()).map(([v1]) => v1)).toEqual([null, null, null, null]);
    });

    test('a plan says how many rows may differ when it runs, where others write all the time', async () => {
      await using on = await operated(engine, ROWS);
      const strict = (await on.look('move-booking-ids')).plan;
      const { plan } = await on.look('move-booking-ids', { tolerate: 1 });
      expect(plan.digest).not.toBe(strict.digest);
      expect(plan.notes).toContain('runs too where by then no count differs from this plan by more than 1 row');
      await engine.insert(on.db, 'appointments', [row(4, null, '104'), row(5, null, '105')]);
      await expect(on.path.run(plan, sure, free)).rejects.toThrow(Drift);
      await on.db.execute('DELETE FROM appointments WHERE id = 5');
      await expect(on.path.run(plan, { ...sure, phrase: 'staging appointments 1' }, free)).rejects.toThrow(
        '"staging appointments 1" is not the phrase',
      );
      await expect(on.path.run(strict, sure, free)).rejects.toThrow(Drift);
      expect(await on.path.run(plan, sure, free)).toMatchObject({
        run: { state: 'done', digest: plan.digest, counts: { moved: 3 } },
      });
      const [intent] = await on.db.execute('SELECT body FROM apptop_audit ORDER BY seq LIMIT 1');
      expect(JSON.parse(intent?.['body'] ?? '')).toMatchObject({ details: { tolerate: 1 } });
      // Nobody has looked at a plan: the phrase is what was confirmed.
      await engine.insert(on.db, 'appointments', [row(6, null, '106')]);
      const wanted = { change: 'move-booking-ids', parameters: { tolerate: 1 } };
      expect(await on.path.run(wanted, sure, free)).toMatchObject({ run: { state: 'done' } });
    });

    test('a table that was altered since the plan stops it', async () => {
      await using on = await operated(engine, ROWS);
      const { plan } = await on.look('move-booking-ids');
      await on.db.execute('ALTER TABLE appointments ADD note varchar(10)');
      await expect(on.path.run(plan, sure, free)).rejects.toThrow(Drift);
    });

    test('a plan that was kept runs later, and one that was edited does not', async () => {
      await using on = await operated(engine, ROWS);
      const { plan } = await on.look('move-booking-ids');
      const text = JSON.stringify(await sealed(plan));
      for (const [was, is] of [
        ['"rows":2', '"rows":1'],
        ['"move":2', '"move":1'],
        ['moves 2 ids', 'moves 1 id'],
        ['INSERT INTO apptop_ledger', 'SELECT'],
        ['"action":"move"', '"action":"clear"'],
        ['"loses":[]', '"loses":["all"]'],
        [plan.takenAt, '2026-01-01T00:00:00.000Z'],
        ['"version":1', '"version":1,"phrase":"staging appointments 1"'],
      ] as const) {
        await expect(readPlan(text.replace(was, is), 'plan.json')).rejects.toThrow('was edited');
      }
      await expect(readPlan('{', 'plan.json')).rejects.toThrow('plan.json holds no JSON');
      const kept = await readPlan(text, 'plan.json');
      const low = { phrase: 'staging appointments 1', reason: 'TEST-1' };
      await expect(on.path.run({ ...kept, rows: 1 }, low, free)).rejects.toMatchObject({
        remedy: 'type exactly: staging appointments 2',
      });
      expect(await on.path.run(kept, sure, free)).toMatchObject({ run: { state: 'done' } });
    });

    test('with approval by another operator one operator alone does nothing', async () => {
      const changes = { ...DEFAULT_CHANGE_RULES, requireApproval: true };
      await using on = await operated(engine, ROWS, { context: { changes } });
      const { plan, gates } = await on.look('move-booking-ids');
      expect(gates.find(({ id }) => id === 'approval')).toMatchObject({ state: 'red', detail: 'nobody has yet' });
      await on.path.approve(plan);
      await expect(on.path.run(plan, sure, free)).rejects.toThrow('approved by another operator');
      // Anybody can write this into their environment.
      process.env['SUDO_USER'] = 'second-operator';
      try {
        await on.path.approve(plan);
      } finally {
        delete process.env['SUDO_USER'];
      }
      await expect(on.path.run(plan, sure, free)).rejects.toThrow('approved by another operator');
      await on.db.execute(`UPDATE apptop_audit SET body = replace(body, '"user":', '"login":"grace","user":')`);
      expect(await on.path.run(plan, sure, free)).toMatchObject({ run: { state: 'done' } });
    });

    test('an intent is on record before the first statement and the outcome after it', async () => {
      await using on = await operated(engine, ROWS);
      const end = await on.run('move-booking-ids');
      const rows = await on.db.execute('SELECT body FROM apptop_audit ORDER BY seq');
      const records: readonly { readonly digest: string }[] = rows.map(({ body }) => JSON.parse(body ?? ''));
      expect(records).toMatchObject([
        { event: 'intent', change: 'move-booking-ids', run: 1, reason: 'TEST-1', counts: { planned: { move: 2 } } },
        { event: 'outcome', run: 1, outcome: 'done', counts: { actual: { moved: 2, changed: 2 } } },
      ]);
      expect(records[0]?.digest).toBe(end?.run.digest);
    });

    test.skipIf(engine.name === 'sqlite')('what the account may not do is told before anybody confirms', async () => {
      await using on = await operated(engine, ROWS);
      const account = `changer_${randomUUID().slice(0, 8)}`;
      const user = engine.name === 'mysql' ? `'${account}'@'%'` : account;
      await on.db.execute(`CREATE USER ${user} ${engine.name === 'mysql' ? 'IDENTIFIED BY' : 'PASSWORD'} 'hunter2'`);
      await on.db.execute(`GRANT SELECT, UPDATE ON appointments TO ${user}`);
      const target = { ...on.context.target, user: account, password: 'hunter2' };
      const context = { ...on.context, target };
      await using other = new Operated(engine, on.db, context, await openDatabase(context));
      const { path } = other;
      const look = (change = 'move-booking-ids') => path.look(change, {}, undefined, DUMP);
      const rights = async () => (await look()).gates.find(({ id }) => id === 'rights');
      expect(await rights()).toMatchObject({
        state: 'red',
        detail: expect.stringContaining('ALTER appointments, CREATE tables beside it'),
        remedy: expect.stringContaining('GRANT CREATE'),
      });
      await on.run('move-booking-ids');
      // They belong to whoever made the first change.
      expect(await rights()).toMatchObject({
        state: 'red',
        detail: expect.stringContaining('read what other changes left'),
        remedy: expect.stringContaining(`GRANT SELECT, INSERT, UPDATE, DELETE ON apptop_run`),
      });
      await expect(path.runs()).rejects.toMatchObject({ remedy: expect.stringContaining('GRANT SELECT, INSERT') });
      for (const table of STATE_TABLES) {
        await on.db.execute(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${user}`);
      }
      expect(await rights()).toMatchObject({ state: 'green' });
      await engine.insert(on.db, 'appointments', [row(9, null, '109')]);
      const { plan } = await look();
      const phrase = 'staging appointments 1';
      expect(await path.run(plan, { phrase, reason: 'x' }, free)).toMatchObject({ run: { state: 'done' } });
      expect(
        (await look('cleanup-booking-ids').then(({ gates }) => gates)).find(({ id }) => id === 'rights'),
      ).toMatchObject({ state: 'red', detail: expect.stringContaining('ALTER appointments') });
      if (engine.name === 'postgres') await on.db.execute(`DROP OWNED BY ${user}`);
      await on.db.execute(`DROP USER ${user}`);
    });

    test('a dump is no dump when it is the database itself, or from the future', async () => {
      await using on = await operated(engine, ROWS);
      const gate = async (backup: string) => {
        const { gates } = await on.path.look('move-booking-ids', {}, undefined, backup);
        return gates.find(({ id }) => id === 'backup');
      };
      const ahead = `${DUMP}-ahead`;
      writeFileSync(ahead, 'a dump\n');
      utimesSync(ahead, new Date(), new Date(Date.now() + 3_600_000));
      expect(await gate(ahead)).toMatchObject({
        state: 'red',
        detail: `${ahead} was written in the future by its time`,
      });
      const { target } = on.context;
      const alias = `${DUMP}-alias-${randomUUID()}`;
      symlinkSync(target.engine === 'sqlite' ? target.path : DUMP, alias);
      expect(await gate(alias)).toMatchObject(
        target.engine === 'sqlite' ? { state: 'red', detail: `${alias} is the database itself` } : { state: 'green' },
      );
      await expect(
        on.path.run((await on.look('move-booking-ids')).plan, sure, { ...free, backup: ahead }),
      ).rejects.toThrow('in the future');
    });

    test('what cannot be recorded does not run', async () => {
      await using on = await operated(engine, ROWS);
      const state = process.env['XDG_STATE_HOME'];
      const file = `${DUMP}-is-no-folder`;
      writeFileSync(file, '');
      process.env['XDG_STATE_HOME'] = file;
      try {
        const path = new GuardedPath(on.context, on.database, new Audit(on.context, on.database.dialect), CHANGES);
        const { plan } = await path.look('move-booking-ids', {}, undefined, DUMP);
        await expect(path.run(plan, sure, free)).rejects.toThrow(Problem);
      } finally {
        process.env['XDG_STATE_HOME'] = state;
      }
      // Nobody has to wait for the lease.
      const { gates } = await on.look('move-booking-ids');
      expect(gates.find(({ id }) => id === 'lease')).toMatchObject({ state: 'green' });
      expect(Object.values(await on.ids()).map(([v1]) => v1)).toEqual([null, null, null]);
    });
  });
}
