import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ServerTarget, Tls } from '../../src/config/target.ts';
import type { Connection } from '../../src/data/connection.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';

for (const postgres of ENGINES.filter(({ name }) => name === 'postgres')) {
  describe('a way to PostgreSQL', () => {
    let db: TestDatabase;
    let target: ServerTarget;
    /** The server's own certificate, for the name localhost; it is signed by itself. */
    let certificate: string;
    let socketFolder: string;

    beforeAll(async () => {
      db = await postgres.database();
      if (db.target.engine === 'sqlite') throw new Error('not a server');
      target = db.target;
      const [settings] = await db.execute(
        "SELECT current_setting('ssl_cert_file') AS certificate, current_setting('unix_socket_directories') AS folder, current_setting('ssl') AS ssl",
      );
      if (settings?.['ssl'] !== 'on')
        throw new Error('the server for tests has no TLS: install openssl, or turn it on');
      certificate = settings['certificate'] ?? '';
      socketFolder = settings['folder'] ?? '';
      return () => db.drop();
    });

    beforeEach(({ skip }) => skip(!existsSync(certificate), 'the server is on another machine, or openssl is missing'));

    const connecting = (changes: Partial<ServerTarget>, tls: Partial<Tls> = {}) =>
      postgres.connect({ ...target, ...changes, tls: { ...target.tls, ...tls } });

    async function isEncrypted(connection: Connection): Promise<string | null | undefined> {
      const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      const [row] = await connection.query({ sql, parameters: [] }, 5_000);
      await connection.close();
      return row?.['ssl'];
    }

    test('is encrypted unless TLS is disabled', async () => {
      expect(await isEncrypted(await connecting({}, { mode: 'disable' }))).toBe('f');
      expect(await isEncrypted(await connecting({}, { mode: 'prefer' }))).toBe('t');
      expect(await isEncrypted(await connecting({}, { mode: 'require' }))).toBe('t');
    });

    test('is taken when its certificate is signed by the CA, under any name or under the right one', async () => {
      expect(await isEncrypted(await connecting({}, { mode: 'verify-ca', ca: certificate }))).toBe('t');
      const named = { mode: 'verify-full', ca: certificate } as const;
      expect(await isEncrypted(await connecting({ host: 'localhost' }, named))).toBe('t');
    });

    test('is refused under another name, or signed by nobody that is known', async () => {
      const refused = { name: 'Problem', kind: 'refused', message: expect.stringMatching(/TLS.*failed/) };
      await expect(connecting({}, { mode: 'verify-full', ca: certificate })).rejects.toMatchObject(refused);
      await expect(connecting({}, { mode: 'verify-ca' })).rejects.toMatchObject(refused);
    });

    test('goes without TLS where the server has none and it is only preferred', async () => {
      // The server's answer to the question for TLS is one letter; everything after it is the server itself.
      const without = createServer((client) => {
        client.once('data', (first) => {
          const asksForTls = first.length === 8;
          const server = connect(target.port, target.host);
          if (asksForTls) client.write('N');
          else server.write(first);
          client.on('error', () => server.destroy()).pipe(server);
          server.on('error', () => client.destroy()).pipe(client);
        });
      }).listen(0, '127.0.0.1');
      onTestFinished(() => void without.close());
      const address = await poll(() => without.address());
      if (typeof address === 'string') throw new Error('not a port');
      expect(await isEncrypted(await connecting({ port: address.port }, { mode: 'prefer' }))).toBe('f');
      await expect(connecting({ port: address.port }, { mode: 'require' })).rejects.toMatchObject({
        kind: 'refused',
        message: `127.0.0.1:${address.port} offers no TLS`,
      });
    });

    test('needs the files that it names', async () => {
      const ca = join(dirname(certificate), 'no-such.pem');
      const missing = { kind: 'config', message: expect.stringContaining(ca) };
      await expect(connecting({}, { mode: 'verify-full', ca })).rejects.toMatchObject(missing);
    });

    test('stops statements through TLS too', async () => {
      const connection = await connecting({}, { mode: 'require' });
      let settled = false;
      const stopped = connection
        .query({ sql: postgres.slowQuery, parameters: [] }, 60_000)
        .catch((problem: unknown) => problem)
        .finally(() => {
          settled = true;
        });
      await poll(() => connection.cancel().then(() => settled));
      expect(await stopped).toMatchObject({ kind: 'cancelled' });
      await connection.close();
    });

    test('leads through a Unix socket, by its folder or by its file', async () => {
      const nowhere = { host: 'no-such-host.invalid', port: target.port };
      for (const socket of [socketFolder, join(socketFolder, `.s.PGSQL.${target.port}`)]) {
        const connection = await connecting({ ...nowhere, socket }, { mode: 'require' });
        expect(connection.server.database).toBe(target.database);
        expect(await isEncrypted(connection)).toBe('f');
      }
    });
  });
}
