import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ServerTarget, Target } from '../../src/config/target.ts';
import { Problem } from '../../src/model/problem.ts';
import { ENGINES } from '../engines/engines.ts';
import { poll, rejection } from '../support.ts';

const SECRET = 'hunter2-is-secret';

const isServer = (target: Target): target is ServerTarget => target.engine !== 'sqlite';

for (const engine of ENGINES.filter(({ sever }) => sever)) {
  describe(`connecting with ${engine.name}`, () => {
    let target: ServerTarget;
    const listeners: Server[] = [];

    beforeAll(async () => {
      const db = await engine.database();
      if (isServer(db.target)) target = db.target;
      return () => db.drop();
    });

    afterEach(() => {
      for (const listener of listeners.splice(0)) listener.close();
    });

    /** A port where a listener accepts and says nothing. */
    async function silentPort(): Promise<number> {
      const listener = createServer(() => undefined).listen(0, '127.0.0.1');
      listeners.push(listener);
      const address = await poll(() => listener.address());
      if (typeof address === 'string') throw new Error('not a port');
      return address.port;
    }

    /** A port that was free a moment ago. */
    async function closedPort(): Promise<number> {
      const port = await silentPort();
      await new Promise((resolve) => listeners.pop()?.close(resolve));
      return port;
    }

    /** The Problem of connecting with other settings: in time, in one line, and silent about the password. */
    async function problemWith(changes: Partial<ServerTarget>): Promise<Problem> {
      const began = performance.now();
      const problem = await rejection(engine.connect({ ...target, password: SECRET, ...changes }, 3_000));
      expect(performance.now() - began).toBeLessThan(4_500);
      expect(inspect(problem, { depth: 10, showHidden: true })).not.toContain(SECRET);
      if (!(problem instanceof Problem)) throw new Error('not a Problem', { cause: problem });
      expect(problem.message).not.toContain('\n');
      expect(problem.remedy).not.toBe('');
      return problem;
    }

    test('a wrong password is refused', async () => {
      const problem = await problemWith({});
      expect(problem.kind).toBe('refused');
      expect(problem.message).toContain('password');
    });

    test('an unknown host is unreachable, by its name', async () => {
      const problem = await problemWith({ host: 'no-such-host.invalid' });
      expect(problem.kind).toBe('unreachable');
      expect(problem.message).toContain('no-such-host.invalid');
    });

    test('a closed port is unreachable, by its address', async () => {
      const port = await closedPort();
      const problem = await problemWith({ port });
      expect(problem.kind).toBe('unreachable');
      expect(problem.message).toContain(`127.0.0.1:${port}`);
    });

    test('a server that says nothing runs into the time limit', async () => {
      const port = await silentPort();
      expect((await problemWith({ port })).kind).toBe('timeout');
    });

    test('an unknown database is missing, by its name', async () => {
      const problem = await problemWith({ password: target.password, database: 'no_such_database' });
      expect(problem.kind).toBe('missing');
      expect(problem.message).toContain('no_such_database');
    });

    test('a connection that the server ends is lost, whether a statement runs or not', async () => {
      const db = await engine.database();
      const running = await engine.connect(db.target);
      const idle = await engine.connect(db.target);
      const lost = rejection(running.query({ sql: engine.slowQuery, parameters: [] }, 60_000));
      await engine.sever?.(db);
      expect(await lost).toMatchObject({ name: 'Problem', kind: 'lost' });
      await expect(idle.query({ sql: 'SELECT 1', parameters: [] }, 5_000)).rejects.toMatchObject({ kind: 'lost' });
      await Promise.all([running.close(), idle.close()]);
      await db.drop();
    });
  });
}

for (const engine of ENGINES.filter(({ name }) => name === 'sqlite')) {
  describe('opening a SQLite file', () => {
    let folder: string;

    beforeAll(async () => {
      const db = await engine.database();
      folder = dirname(db.url);
      return () => db.drop();
    });

    test('that is not there fails as missing, and does not create it', async () => {
      const target: Target = { engine: 'sqlite', path: join(folder, 'no-such-file.sqlite') };
      await expect(engine.connect(target)).rejects.toMatchObject({ kind: 'missing' });
      await expect(engine.connect(target)).rejects.toMatchObject({ kind: 'missing' });
    });

    test('that is something else fails as refused', async () => {
      const path = join(folder, 'notes.sqlite');
      writeFileSync(path, 'milk, bread, eggs\n'.repeat(100));
      await expect(engine.connect({ engine: 'sqlite', path })).rejects.toMatchObject({ kind: 'refused' });
    });
  });
}
