import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { DUMP, type Operated, operated } from '../changes/guarded.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { leftIn, undisturbed } from './left.ts';
import { OperatorProcess } from './operator.ts';
import { chaosRows } from './rows.ts';
import { LONG, type Random, randomFor } from './seed.ts';

const ROWS = 12_000;
const CHANGE = 'move-booking-ids';
const LIVES = LONG ? 5 : 1;

/** Whether somebody has a transaction open in a database, and sends nothing in it. */
const OPEN: Readonly<Record<Operated['engine']['name'], (db: TestDatabase) => Promise<boolean>>> = {
  sqlite: async ({ target }) => {
    if (target.engine !== 'sqlite') throw new Error('no file');
    const file = new Sqlite(target.path, { timeout: 0 });
    try {
      file.exec('BEGIN IMMEDIATE; ROLLBACK');
      return false;
    } catch {
      return true;
    } finally {
      file.close();
    }
  },
  mysql: async (db) => {
    const [found] = await db.execute(`SELECT COUNT(*) AS n FROM information_schema.innodb_trx t
      JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
      WHERE p.db = database() AND p.command = 'Sleep' AND t.trx_rows_modified > 0`);
    return found?.['n'] !== '0';
  },
  postgres: async (db) => {
    const [found] = await db.execute(`SELECT COUNT(*) AS n FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xid IS NOT NULL`);
    return found?.['n'] !== '0';
  },
};

/** Milliseconds that a server needs to finish the statement that it is in. */
const STATEMENT_MS = 200;
/** Milliseconds for which it goes on, at most: a batch takes about 50. */
const LONGEST_STEP_MS = 20;

/**
 * Stops an operator with a transaction open: where it stopped elsewhere, it goes on for a while.
 * @returns false when it came to its end before that
 */
async function stopInTransaction(operator: OperatorProcess, on: Operated, random: Random): Promise<boolean> {
  const isOpen = () => OPEN[on.engine.name](on.db);
  while (!operator.ended) {
    operator.signal('SIGSTOP');
    await sleep(STATEMENT_MS);
    if (await isOpen()) return true;
    operator.signal('SIGCONT');
    await sleep(LONGEST_STEP_MS * random.next());
  }
  return false;
}

for (const engine of ENGINES) {
  // Each waits most of the time.
  describe.concurrent(`a lease that is stolen on ${engine.name}`, () => {
    test('from a holder that is stopped in mid-batch and continued: it changes nothing more', {
      timeout: 60_000 * LIVES,
    }, async ({ onTestFinished }) => {
      const random = randomFor(`a stolen lease on ${engine.name}`);
      const rows = chaosRows(random, ROWS);
      const calm = await undisturbed(engine, rows);
      for (let life = 0; life < LIVES; ) {
        await using on = await operated(engine, rows);
        const operator = new OperatorProcess(
          { target: on.context.target, change: CHANGE, backup: DUMP },
          onTestFinished,
        );
        await poll(() => operator.told.some((told) => told.kind === 'progress' && told.changed > 0), {
          deadlineMs: 20_000,
        });
        if (!(await stopInTransaction(operator, on, random))) continue;
        // Its open transaction ends by itself, within the patience of whoever takes over.
        const said = new Set<string | undefined>();
        const onProgress = ({ reason }: Run) => void said.add(reason);
        const taken = await on.resume(1, { takeOver: true, onProgress });
        expect(taken).toMatchObject({ run: { state: 'done' }, failed: [] });
        expect(said).toContain('waiting for a lock that somebody else holds');
        operator.signal('SIGCONT');
        expect(await operator.end()).toMatchObject({
          kind: 'problem',
          problem: 'blocked',
          message: expect.stringMatching(/^run 1 was (taken over|ended)/),
        });
        expect(await leftIn(on.context)).toEqual(calm[CHANGE]);
        life += 1;
      }
    });
  });
}
