import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/data/database.ts';
import { loadWriting, openWriting } from '../../src/data/writing.ts';
import { Operator } from '../commands/operator.ts';
import { lackingForGalera, urlOf } from '../engines/galera.ts';
import { openMysql } from '../engines/mysql.ts';
import { contextOf, DATABASE, type GaleraStand, NAME, ROWS, startStand, targetAt } from './galera-stand.ts';

/** Rows that the application adds while they are moved. */
const LATE = 40;

const lacking = lackingForGalera();
if (lacking !== undefined) console.log(`skipped: a Galera cluster, no ${lacking} found`);
if (lacking !== undefined && process.env['CI'] === 'true') throw new Error(`a Galera cluster needs ${lacking}`);

describe.skipIf(lacking !== undefined)('a Galera cluster of three', () => {
  let on: GaleraStand;

  beforeAll(async () => {
    on = await startStand();
  }, 90_000);

  afterAll(() => on?.stop());

  const doctor = async (node: number, ...options: string[]) => {
    const port = on.cluster.nodes[node]?.port ?? 0;
    return (await new Operator().run('doctor', '--url', urlOf(port, DATABASE), ...options)).stdout;
  };

  test('is recognised by the doctor, who warns of a single host and of a node that lags', async () => {
    expect(await doctor(0)).toMatch(
      /▲ cluster +Galera cluster of 3, this node Synced: a batch that another node contradicts.* → name a second host/,
    );
    const both = on.cluster.nodes.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
    const { stdout } = await new Operator().run('doctor', '--url', `mysql://root@${both.join(',')}/${DATABASE}`);
    expect(stdout).toMatch(/✔ cluster +Galera cluster of 3, .*on another host when this one is gone$/m);
    const third = await openMysql(urlOf(on.cluster.nodes[2].port, DATABASE));
    await third.execute('SET GLOBAL wsrep_desync = ON');
    expect(await doctor(2)).toMatch(/▲ cluster +Galera cluster of 3, this node Donor\/Desynced: it may lag/);
    await third.execute('SET GLOBAL wsrep_desync = OFF');
    await third.close();
  });

  test('is one server, whichever node answers; a contradicted COMMIT is busy', async () => {
    const there = contextOf(targetAt(on.cluster.nodes[1].port));
    const [here, elsewhere] = [await openWriting(on.context), await openWriting(there)];
    expect([here.clustered, here.instance]).toEqual([true, elsewhere.instance]);
    const before = await on.contradictions();
    const statement = { sql: `UPDATE ${NAME} SET status = 'lost' WHERE id = 7`, parameters: [] };
    const contradicted = here.transaction(async () => {
      await here.execute(statement);
      await on.application.execute(`UPDATE ${NAME} SET status = 'kept' WHERE id = 7`);
    });
    await expect(contradicted).rejects.toMatchObject({ kind: 'busy' });
    on.written.set('7', 'kept');
    expect(await on.contradictions()).toBeGreaterThan(before);
    await Promise.all([here.close(), elsewhere.close()]);
  });

  test('halves what is more than it takes at once', async () => {
    await on.first.execute('SET GLOBAL wsrep_max_ws_size = 4096');
    const session = await openWriting(on.context);
    const statement = { sql: `UPDATE ${NAME} SET status = 'much' WHERE id BETWEEN 1 AND 400`, parameters: [] };
    const refused = session.transaction(() => session.execute(statement));
    await expect(refused).rejects.toMatchObject({ kind: 'sql', message: 'Maximum writeset size exceeded' });
    await on.first.execute('SET GLOBAL wsrep_max_ws_size = 2147483647');
    await session.close();
  });

  test('shows an operator what is committed, on a node that has yet to apply it', async () => {
    const port = on.cluster.nodes[2].port;
    const holder = await openMysql(urlOf(port, DATABASE));
    const late = await openDatabase(contextOf(targetAt(port)));
    const status = () => late.query(sql`SELECT status FROM ${sql.id(NAME)} WHERE id = 11`, { lane: 'change' });
    await status();
    await holder.execute('FLUSH TABLES WITH READ LOCK');
    await on.application.execute(`UPDATE ${NAME} SET status = 'new' WHERE id = 11`);
    on.written.set('11', 'new');
    const asked = status();
    expect(await Promise.race([asked, sleep(200, 'waits')])).toBe('waits');
    await holder.execute('UNLOCK TABLES');
    expect(await asked).toEqual([{ status: 'new' }]);
    await Promise.all([late.close(), holder.close()]);
  });

  test('moves and takes back while the application writes to another node', { timeout: 30_000 }, async () => {
    for (const [number, change, moved] of [
      [1, 'move-booking-ids', true],
      [2, 'rollback-booking-ids', false],
    ] as const) {
      const before = await on.contradictions();
      const over = on.contradicting(change, before);
      const ended = await on.run(change);
      await over();
      expect(ended).toMatchObject({ run: { state: 'done', counts: { changed: ROWS, raced: 0 } }, failed: [] });
      expect(await on.contradictions()).toBeGreaterThan(before);
      expect(await on.found(number)).toEqual(on.right(ROWS, moved));
    }
  });

  /** Runs a change and kills a node when it is under way. */
  const killing = async (change: string, node: 0 | 1, before: () => Promise<void>) => {
    let killed = false;
    const ended = await on.run(change, async ({ counts }) => {
      if (killed || counts.changed === 0) return;
      killed = true;
      await before();
      on.cluster.nodes[node].kill();
    });
    expect(ended).toMatchObject({ run: { state: 'done', counts: { changed: ROWS + LATE, raced: 0 } }, failed: [] });
  };

  test('goes on by another host when its node is killed, either way, and cleans up', { timeout: 60_000 }, async () => {
    await killing('move-booking-ids', 0, async () => {
      const added = Array.from({ length: LATE }, (_, index) => `(${ROWS + index + 1}, '${5_000_001 + ROWS + index}')`);
      await on.application.execute(`INSERT INTO ${NAME} (id, calcom_v2_booking_id) VALUES ${added.join(', ')}`);
    });
    expect(await on.found(3)).toEqual(on.right(ROWS + LATE, true));
    const third = await openMysql(urlOf(on.cluster.nodes[2].port, DATABASE));
    // It may go on alone then.
    await third.execute("SET GLOBAL wsrep_provider_options = 'pc.weight=3'");
    await killing('rollback-booking-ids', 1, () => on.contradict('before the end'));
    on.application = third;
    expect(await on.found(4)).toEqual(on.right(ROWS + LATE, false));
    expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done' } });
    expect(await on.found(5)).toEqual(on.right(ROWS + LATE, true));
    expect(await on.run('cleanup-booking-ids')).toMatchObject({ run: { state: 'done' } });
    await expect(on.application.execute(`SELECT _migration_backup_v2_id FROM ${NAME}`)).rejects.toThrow(
      'Unknown column',
    );
  });

  test('is not written to by way of a node that has lost it', async () => {
    const lost = on.cluster.nodes[2].port;
    await on.application.execute("SET GLOBAL wsrep_cluster_address = ''");
    expect(await doctor(2)).toMatch(/takes no statements.*see whether the node has its cluster/);
    await on.application.execute('SET GLOBAL wsrep_dirty_reads = ON');
    expect(await doctor(2)).toMatch(/▲ cluster .*cut off from the others → connect to the part that goes on/);
    const { open } = await loadWriting('mysql');
    await expect(open(targetAt(lost), 5_000)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});
