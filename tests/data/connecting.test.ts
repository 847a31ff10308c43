import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';

for (const engine of ENGINES.filter(({ sever }) => sever)) {
  describe(`connecting with ${engine.name} in vain`, () => {
    // A half-open session takes a place on the server, and on PostgreSQL holds up DROP DATABASE for a minute.
    test.each([
      { what: 'no password', wrong: { password: undefined } },
      { what: 'a wrong password', wrong: { password: 'wrong' } },
      { what: 'an unknown database', wrong: { database: 'no_such' } },
    ])('with $what leaves no session behind', async ({ wrong }) => {
      const db = await engine.database();
      const { target } = db;
      if (target.engine === 'sqlite') throw new Error('not a server');
      const sessions: Socket[] = [];
      const between = createServer((client) => {
        sessions.push(client);
        const server = connect(target.port, target.host);
        client.on('error', () => server.destroy()).pipe(server);
        server.on('error', () => client.destroy()).pipe(client, { end: false });
      }).listen(0, '127.0.0.1');
      onTestFinished(async () => {
        for (const session of sessions) session.destroy();
        between.close();
        await db.drop();
      });
      const address = await poll(() => between.address());
      if (typeof address === 'string') throw new Error('not a port');
      await expect(engine.connect({ ...target, ...wrong, port: address.port })).rejects.toMatchObject({
        name: 'Problem',
      });
      expect(sessions.length).toBeGreaterThan(0);
      await poll(() => sessions.every((session) => session.readableEnded || session.destroyed), {
        deadlineMs: 2_000,
      });
    });
  });
}
