import { expect, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { Operator } from './operator.ts';

/** A SELECT that begins with a mark by which a server's list of sessions shows it. */
const RUNNING = {
  mysql:
    "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE '%cut_me%' AND id <> connection_id()",
  postgres:
    "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE query LIKE '%cut_me%' AND state = 'active' AND pid <> pg_backend_pid()",
  sqlite: '',
} as const;

for (const engine of ENGINES.filter(({ sever }) => sever !== undefined)) {
  test(`a connection lost in the middle ends with 3 on ${engine.name}, although a STOP was found before`, async () => {
    const db = await engine.database();
    await engine.createAppointments(db);
    await engine.insert(db, 'appointments', [{ id: '1', calcom_v2_booking_id: '101' }]);
    const person = new Operator();
    person.write('checks/a-found.sql', '-- severity: stop\nSELECT id AS pk FROM appointments');
    person.write('checks/b-slow.sql', `SELECT 'cut_me' AS mark, n FROM (${engine.slowQuery}) AS slow`);
    person.write(
      'apptop.json',
      JSON.stringify({ contexts: { it: { connection: db.url, checks: { folder: 'checks' } } } }),
    );
    const ended = person.run('check', '--system', 'own');
    await poll(async () => (await db.execute(RUNNING[engine.name]))[0]?.['n'] !== '0', { deadlineMs: 15_000 });
    await engine.sever?.(db);
    const { code, stdout } = await ended;
    expect(stdout).toMatch(/^fail\town\/a-found\tstop\t1\t/m);
    expect(stdout).toMatch(/^could-not-tell\town\/b-slow\t.*broke/m);
    expect(code).toBe(3);
    await db.drop();
  });
}
