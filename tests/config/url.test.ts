import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../src/config/redact.ts';
import { stateFile } from '../../src/config/state.ts';
import { parseUrl } from '../../src/config/url.ts';
import { secretless } from '../../src/config/write.ts';
import { Folder } from './folder.ts';

describe('a connection URL', () => {
  it.each([
    ['sqlite:demo.db', 'demo.db'],
    ['sqlite:./a b.db', './a b.db'],
    ['sqlite:/srv/a.db', '/srv/a.db'],
    ['sqlite:///srv/a%20b.db', '/srv/a b.db'],
    ['sqlite:////srv/a.db', '/srv/a.db'],
  ])('%s names the file %s', (url, path) => {
    expect(parseUrl(url)).toEqual({ engine: 'sqlite', path });
  });

  it.each([
    [
      'mysql://ada:pw@db.example.com/shop',
      { engine: 'mysql', host: 'db.example.com', user: 'ada', password: 'pw', database: 'shop' },
    ],
    ['mariadb://db:3307/shop', { engine: 'mysql', host: 'db', port: 3307 }],
    ['postgresql://db/shop', { engine: 'postgres', host: 'db', port: undefined }],
    ['pgsql://db/shop', { engine: 'postgres' }],
    ['postgresql+psycopg2://db/shop', { engine: 'postgres', host: 'db' }],
    ['postgres://[2001:db8::1]:5433/shop', { host: '2001:db8::1', port: 5433 }],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/shop', { host: '/var/run/postgresql' }],
    ['postgres:///shop?host=/tmp&user=ada&port=5433', { host: '/tmp', user: 'ada', port: 5433, database: 'shop' }],
    ['mysql://ada@localhost/shop?socket=/tmp/my.sock', { socket: '/tmp/my.sock' }],
    ['mysql://a%40b:p%2F%3A%25@db/d%20b', { user: 'a@b', password: 'p/:%', database: 'd b' }],
    ['mysql://ada:p@ss:w{ }@db/shop', { user: 'ada', password: 'p@ss:w{ }', host: 'db' }],
    ['postgres://ada:p,w@h1:5432,h2:5433,h3/shop', { host: 'h1:5432,h2:5433,h3', port: undefined, password: 'p,w' }],
    ['mysql://ada@h1,h2:3307/shop', { host: 'h1,h2:3307', user: 'ada', database: 'shop' }],
    ['postgres://[::1]:5433,[2001:db8::1],%2Ftmp/shop', { host: '[::1]:5433,[2001:db8::1],/tmp' }],
    ['postgres:///shop?port=5433,5434&host=h1,h2', { host: 'h1:5433,h2:5434', port: undefined }],
    ['postgres:///shop?host=h1,h2&port=5433', { host: 'h1,h2', port: 5433 }],
    ['postgres://db/shop?pgbouncer=true&connect_timeout=3&application_name=x', { host: 'db', database: 'shop' }],
  ])('%s', (url, parts) => {
    expect(parseUrl(url)).toMatchObject(parts);
  });

  it('carries any name and password when they are encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.string({ minLength: 1, unit: 'grapheme' }),
        (user, password) => {
          const url = `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db/shop`;
          expect(parseUrl(url)).toMatchObject({ user, password, host: 'db', database: 'shop' });
        },
      ),
    );
  });
});

describe('a URL that is wrong', () => {
  it.each([
    [
      './shop.db',
      'the connection is no URL → use sqlite:PATH, mysql://user@host/database or postgres://user@host/database. For a file: sqlite:./shop.db',
    ],
    ['mysq://db/shop', 'the connection begins with mysq:, which names no engine → did you mean mysql:?'],
    [
      'mysql:shop',
      'the URL lacks // after mysql: → use sqlite:PATH, mysql://user@host/database or postgres://user@host/database',
    ],
    ['mysql://db/shop?sslmdoe=require', 'the URL has an unknown parameter "sslmdoe" → did you mean ssl-mode?'],
    ['postgres://db/shop?sslcrl=x', 'the URL has an unknown parameter "sslcrl" → did you mean sslcert?'],
    ['postgres://db/shop?sslmode=verify-fll', 'the TLS mode "verify-fll" is unknown → did you mean verify-full?'],
    ['postgres://one,two:x/shop', 'the port must be a whole number from 1 to 65535 → correct the port'],
    ['postgres://one,,two/shop', 'a host between the commas is empty → write h1,h2:PORT'],
    [
      'postgres:///shop?host=one,two,three&port=1,2',
      '2 ports are named for 3 hosts → name one port for each host, or one for all',
    ],
    ['mysql://db', 'names no database → add it: mysql://user@host/DATABASE'],
  ])('%s is told in one line', async (url, line) => {
    expect(await new Folder().complaint({ url })).toBe(`--url: ${line}`);
  });

  it.each(['/', '?', '#', '?a=', '%', '%zz'])(
    'with %s in its password gives a hint and keeps the password',
    async (special) => {
      const complaint = await new Folder().complaint({ url: `mysql://ada:hunt${special}er2@db.example.com/shop` });
      expect(complaint).toMatch(/password/);
      expect(complaint).toMatch(/%2F|%25/);
      expect(complaint).not.toMatch(/hunt|er2/);
    },
  );

  it.each([
    'mysql://ada:hunter2',
    'mysql://ada:hunter2@db:hunter2/shop',
    'postgres//ada:hunter2@db/shop',
    'ada:hunter2@db/shop',
  ])('%s never shows the password', async (url) => {
    expect(await new Folder().complaint({ url })).not.toContain('hunter2');
  });
});

describe('a URL as it is shown', () => {
  it.each([
    ['mysql://ada:hunter2@db:3307/shop?ssl-mode=REQUIRED', 'mysql://ada:***@db:3307/shop'],
    ['postgres://db/shop?user=ada&password=hunter2', 'postgres://ada:***@db/shop'],
    ['postgres://ada@[::1]/shop', 'postgres://ada@[::1]/shop'],
    ['postgres://ada:hunter2@h1:5432,h2/shop', 'postgres://ada:***@h1:5432,h2/shop'],
    ['postgres:///shop?host=h1,[::1]&port=5433', 'postgres://h1:5433,[::1]:5433/shop'],
    ['sqlite:demo.db', 'sqlite:demo.db'],
    ['mysql://ada:hun/ter2@db/shop', 'mysql:***'],
    ['ada hunter2', '***'],
  ])('%s is %s', (url, safe) => {
    expect(redact(url)).toBe(safe);
  });
});

describe('a connection with several hosts', () => {
  const place = (host: string, port: number, password: string | undefined = undefined) => ({
    host,
    port,
    socket: undefined,
    password,
  });

  it('has them in order, each with its own port', async () => {
    const target = await new Folder().server({ url: 'postgres://ada:pw@h1:5432,h2:5433,[::1]/shop' });
    expect(target).toMatchObject({ ...place('h1', 5432, 'pw'), database: 'shop' });
    expect(target.others).toEqual([place('h2', 5433, 'pw'), place('::1', 5432, 'pw')]);
    const mysql = await new Folder().server({ url: 'mysql://ada@h1,h2:3307/shop' });
    expect(mysql).toMatchObject(place('h1', 3306));
    expect(mysql.others).toEqual([place('h2', 3307)]);
  });

  it('is a single host without others', async () => {
    expect(await new Folder().server({ url: 'postgres://h1/shop' })).not.toHaveProperty('others');
  });

  it.each(['mariadb', 'postgres'])('stands in the fields of %s too', async (engine) => {
    const connection = { engine, host: 'h1, h2:4000', port: 3999, user: 'ada', database: 'shop' };
    const folder = new Folder().write('apptop.json', { contexts: { prod: { connection } } });
    const target = await folder.server();
    expect(target).toMatchObject(place('h1', 3999));
    expect(target.others).toEqual([place('h2', 4000)]);
  });

  it('comes from PGHOST and PGPORT as libpq has it', async () => {
    const folder = new Folder().set({ PGHOST: 'h1,/tmp,h3', PGPORT: '5433,5434,5435' });
    const target = await folder.server({ url: 'postgres:///shop' });
    expect(target).toMatchObject(place('h1', 5433));
    expect(target.others).toEqual([{ ...place('localhost', 5434), socket: '/tmp' }, place('h3', 5435)]);
  });

  it('is the same database as with its first host alone', async () => {
    const history = async (url: string) => stateFile(await new Folder().context({ url }), 'history');
    expect(await history('postgres://h1,h2/shop')).toBe(await history('postgres://h1/shop'));
  });

  it('stands without its password in the file that init writes', () => {
    expect(secretless('postgres://ada:pw@h1:5432,h2/shop')).toMatchObject({
      connection: { engine: 'postgres', host: 'h1:5432,h2', port: undefined, password: '${env:APPTOP_PASSWORD}' },
      password: 'pw',
    });
  });

  it('finds the password of each in the password file', async () => {
    const folder = new Folder().write('~/.pgpass', 'h2:*:*:*:two\nh1:*:*:*:one');
    const target = await folder.server({ url: 'postgres://h1,h2,h3/shop' });
    expect([target, ...(target.others ?? [])].map(({ password }) => password)).toEqual(['one', 'two', undefined]);
  });
});
