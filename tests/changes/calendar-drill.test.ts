import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadWriting } from '../../src/data/writing.ts';
import { LAUNCHER } from '../build/program.ts';
import { type Changer, changing } from '../commands/changer.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { row } from './guarded.ts';

const DRILL = ['change', 'drill', 'calendar-schema'] as const;

/** Schemas, databases or files that a drill could have left, by their names. */
async function scratches({ db, home }: Changer, engine: TestEngine): Promise<readonly string[]> {
  if (engine.name === 'sqlite') {
    const folder = join(home, '.local/state/apptop/drills');
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sqlite')) : [];
  }
  const rows = await db.execute(
    "SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE 'apptop_drill%' ORDER BY schema_name",
  );
  return rows.map(({ name }) => name ?? '');
}

/** All that the database holds, and what this machine remembers. */
async function traces({ db, home }: Changer, engine: TestEngine): Promise<unknown> {
  const tables =
    engine.name === 'sqlite'
      ? await db.execute('SELECT name, sql FROM sqlite_schema ORDER BY name')
      : await db.execute(
          `SELECT table_schema AS owner, table_name AS name FROM information_schema.tables WHERE table_schema IN (${
            engine.name === 'mysql' ? 'DATABASE()' : "'public'"
          }) ORDER BY table_name`,
        );
  const state = join(home, '.local/state');
  const files = existsSync(state) ? readdirSync(state, { recursive: true, withFileTypes: true }) : [];
  return { tables, files: files.filter((file) => file.isFile()).map(({ name }) => name) };
}

/** Begins a drill and kills it with everything that it started, after a step. */
async function killedAfter(on: Changer, step: string): Promise<void> {
  const child = spawn(process.execPath, [LAUNCHER, ...DRILL], { cwd: on.folder, env: on.surroundings, detached: true });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(`ok\t${step}\t`) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
}

/** Things of somebody else's whose names look like those of a drill. */
async function lookAlikes({ db, home }: Changer, engine: TestEngine): Promise<readonly string[]> {
  const ending = randomBytes(4).toString('hex');
  const names = [`apptop_drill_${ending}`, `apptop_drill_999999_${ending}`];
  for (const name of names) {
    if (engine.name === 'sqlite') continue;
    await db.execute(`CREATE ${engine.name === 'mysql' ? 'DATABASE' : 'SCHEMA'} ${name}`);
    await db.execute(`CREATE TABLE ${name}.precious (id int)`);
  }
  if (engine.name !== 'sqlite') return names;
  const file = `apptop_drill_${ending}.sqlite`;
  writeFileSync(join(home, '.local/state/apptop/drills', file), 'precious');
  return [file];
}

async function forget({ db, home }: Changer, engine: TestEngine, name: string): Promise<void> {
  if (engine.name === 'sqlite') rmSync(join(home, '.local/state/apptop/drills', name));
  else if (engine.name === 'mysql') await db.execute(`DROP DATABASE ${name}`);
  else await db.execute(`DROP SCHEMA ${name} CASCADE`);
}

for (const engine of ENGINES) {
  describe(`the drill of the calendar schema on ${engine.name}`, () => {
    test('it applies, verifies, rolls back, verifies and applies again, and leaves no trace', async () => {
      const on = await changing(engine, [row(1, null, '101')]);
      const before = await traces(on, engine);
      const { code, stdout, stderr } = await on.run(...DRILL, '--json');
      expect([code, stderr]).toEqual([0, '']);
      const report: { readonly scratch: string; readonly steps: readonly { readonly title: string }[] } =
        JSON.parse(stdout);
      expect(report).toMatchObject({ version: 1, ok: true, swept: [] });
      const titles = report.steps.map(({ title }) => title);
      expect(titles.filter((title) => title.startsWith('verify') || title === 'roll back')).toEqual([
        'verify',
        'verify with rows',
        'roll back',
        'verify that it is gone',
        'verify again',
      ]);
      expect(await traces(on, engine)).toEqual(before);
      expect((await scratches(on, engine)).join()).not.toContain(report.scratch);
    });

    test('what a drill leaves that was killed the next one takes away, and nothing else', async () => {
      const on = await changing(engine, []);
      const before = await traces(on, engine);
      const others = await scratches(on, engine);
      await killedAfter(on, 'roll back');
      const left = (await scratches(on, engine)).filter((name) => !others.includes(name));
      expect(left).toHaveLength(1);
      const alike = await lookAlikes(on, engine);
      // Somebody else's drill that goes on: its session is there.
      const writing = await loadWriting(engine.name);
      const session = await writing.open(on.db.target, 5_000);
      const live = engine.name === 'sqlite' ? undefined : await writing.scratch.make(session, on.db.target);
      const { code, stdout } = await on.run(...DRILL, '--json');
      const { swept, ok }: { readonly swept: readonly string[]; readonly ok: boolean } = JSON.parse(stdout);
      expect([code, ok]).toEqual([0, true]);
      expect(swept).toEqual(left.map((name) => name.replace('.sqlite', '')));
      const now = await scratches(on, engine);
      expect(now).toEqual(expect.arrayContaining([...alike, ...(live === undefined ? [] : [live.name])]));
      expect(now).not.toContain(left[0]);
      if (live !== undefined) await writing.scratch.drop(session, live);
      await session.close();
      for (const name of alike) await forget(on, engine, name);
      expect(await traces(on, engine)).toEqual(before);
    });

    test('it is refused in production and where this context only reads', async () => {
      const on = await changing(engine, [], { environment: 'production' });
      const said = async () => {
        const { code, stderr } = await on.run(...DRILL);
        return [code, stderr];
      };
      expect(await said()).toEqual([2, expect.stringContaining('a drill is never held in production')]);
      on.configure({ access: 'read' });
      expect(await said()).toEqual([2, expect.stringContaining('this context only reads')]);
      const { code, stderr } = await on.run('change', 'drill', 'calender-schema');
      expect([code, stderr]).toEqual([3, expect.stringContaining('there is no drill "calender-schema"')]);
    });
  });
}
