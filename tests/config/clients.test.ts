import { describe, expect, it } from 'vitest';
import { Folder } from './folder.ts';

describe('PostgreSQL as psql’s users expect it', () => {
  const url = 'postgres://db/shop';

  it('takes what is not said from the PG variables', async () => {
    const folder = new Folder().set({
      PGHOST: 'pg.example.com',
      PGPORT: '5433',
      PGUSER: 'grace',
      PGPASSWORD: 'pw',
      PGDATABASE: 'ops',
      PGSSLMODE: 'verify-full',
    });
    expect(await folder.server({ url: 'postgres://' })).toMatchObject({
      host: 'pg.example.com',
      port: 5433,
      user: 'grace',
      password: 'pw',
      database: 'ops',
      tls: { mode: 'verify-full' },
    });
    expect(await folder.server({ url: 'postgres://ada:own@db:6000/shop?sslmode=disable' })).toMatchObject({
      host: 'db',
      port: 6000,
      user: 'ada',
      password: 'own',
      database: 'shop',
      tls: { mode: 'disable' },
    });
  });

  it('defaults to the person’s name, their database and port 5432', async () => {
    expect(await new Folder().server({ url: 'postgres://db' })).toMatchObject({
      user: 'ada',
      database: 'ada',
      port: 5432,
    });
  });

  it('takes a host that is a path as a socket', async () => {
    expect(await new Folder().server({ url: 'postgres:///shop?host=/srv/pg' })).toMatchObject({ socket: '/srv/pg' });
  });

  it.each([
    ['db:5432:shop:ada:right', 'right'],
    ['*:*:*:*:right', 'right'],
    ['db:5433:*:*:wrong\ndb:*:other:*:wrong\ndb:*:*:grace:wrong\nd:*:*:*:wrong\ndb:*:*:*:right', 'right'],
    ['# db:*:*:*:comment\n\nnonsense\n*:*:*:*:first\n*:*:*:*:second', 'first'],
    ['*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
    ['*:*:*:*:p#"s $x', 'p#"s $x'],
    ['*:*:*:*:right:and the rest', 'right'],
    ['other:*:*:*:wrong', undefined],
  ])('finds in the password file %j the password %s', async (content, password) => {
    const folder = new Folder().write('~/.pgpass', `${content}\n`);
    expect((await folder.server({ url })).password).toBe(password);
  });

  it('calls a socket localhost in the password file', async () => {
    const folder = new Folder().write('~/.pgpass', 'localhost:*:*:*:right');
    expect((await folder.server({ url: 'postgres:///shop?host=/tmp' })).password).toBe('right');
  });

  it('prefers a password that was said over $PGPASSWORD over the file', async () => {
    const folder = new Folder().write('elsewhere', '*:*:*:*:file').set({ PGPASSFILE: 'elsewhere' });
    expect((await folder.server({ url })).password).toBe('file');
    folder.set({ PGPASSWORD: 'variable' });
    expect((await folder.server({ url })).password).toBe('variable');
    expect((await folder.server({ url: 'postgres://ada:said@db/shop' })).password).toBe('said');
  });

  it('leaves a password file out that others may read, and says so', async () => {
    const { context, notes } = await new Folder().write('~/.pgpass', '*:*:*:*:x', 0o640).load({ url });
    expect(context.target).toMatchObject({ password: undefined });
    expect(notes).toEqual(['~/.pgpass is left out: others may read it (chmod 600 it)']);
  });

  it('uses the certificates in ~/.postgresql', async () => {
    const folder = new Folder().write('~/.postgresql/root.crt', 'x').write('~/.postgresql/postgresql.crt', 'x');
    folder.write('~/.postgresql/postgresql.key', 'x');
    const home = `${folder.home}/.postgresql`;
    const client = { certificate: `${home}/postgresql.crt`, key: `${home}/postgresql.key` };
    expect((await folder.server({ url })).tls).toEqual({ mode: 'prefer', ca: undefined, ...client });
    expect((await folder.server({ url: `${url}?sslmode=require` })).tls).toEqual({
      mode: 'verify-ca',
      ca: `${home}/root.crt`,
      ...client,
    });
  });
});

describe('MySQL as mysql’s users expect it', () => {
  const url = 'mysql://db/shop';
  const myCnf =
    '[mysqld]\nuser=wrong\n[client]\nuser = grace\npassword = "p#w"\nhost=db.example.com\nport=3307\n[mysqldump]\nuser=wrong\n';

  it('takes what is not said from ~/.my.cnf', async () => {
    const folder = new Folder().write('~/.my.cnf', myCnf);
    expect(await folder.server({ url: 'mysql:///shop' })).toMatchObject({
      host: 'db.example.com',
      port: 3307,
      user: 'grace',
      password: 'p#w',
    });
    expect(await folder.server({ url: 'mysql://grace:own@db:1/shop' })).toMatchObject({
      host: 'db',
      port: 1,
      password: 'own',
    });
  });

  it('keeps another user’s password to itself', async () => {
    const folder = new Folder().write('~/.my.cnf', myCnf);
    expect((await folder.server({ url: 'mysql://ada@db/shop' })).password).toBeUndefined();
  });

  // What MariaDB's my_print_defaults makes of the same lines.
  it.each([
    ['ab#cd', 'ab'],
    ['"a#b c"  # comment', 'a#b c'],
    ["'it\\'s'", "it's"],
    ['a\\tb\\s', 'a\tb '],
    ['"say \\"hi\\" \\q"', 'say "hi" \\q'],
    ["it's#x", "it's#x"],
    ['ab"c#d"e', 'ab"c#d"e'],
    ['"unclosed#x', '"unclosed#x'],
    ['  spaced value  ', 'spaced value'],
  ])('reads the password %s as %s', async (written, password) => {
    const folder = new Folder().write('~/.my.cnf', `[Client]\npassword=${written}\n`);
    expect((await folder.server({ url })).password).toBe(password);
  });

  it('prefers ~/.my.cnf over $MYSQL_HOME/my.cnf over $MYSQL_PWD', async () => {
    const folder = new Folder().set({ MYSQL_PWD: 'variable' });
    expect((await folder.server({ url })).password).toBe('variable');
    folder.write('mysql/my.cnf', '[client]\npassword=home\nuser=ada').set({ MYSQL_HOME: `${folder.folder}/mysql` });
    expect((await folder.server({ url })).password).toBe('home');
    folder.write('~/.my.cnf', '[client]\npassword=own');
    expect(await folder.server({ url })).toMatchObject({ password: 'own', user: 'ada' });
  });

  it('uses the socket for this machine only', async () => {
    const folder = new Folder().write('~/.my.cnf', '[client]\nsocket=/srv/my.sock');
    expect((await folder.server({ url: 'mysql://localhost/shop' })).socket).toBe('/srv/my.sock');
    expect((await folder.server({ url })).socket).toBeUndefined();
    expect((await folder.server({ url: 'mysql://localhost:3306/shop' })).socket).toBeUndefined();
  });

  it('leaves an option file out that everybody may write, and says so', async () => {
    const { notes } = await new Folder().write('~/.my.cnf', myCnf, 0o646).load({ url });
    expect(notes).toEqual(['~/.my.cnf is left out: everybody may write it']);
  });
});

describe('TLS', () => {
  it.each([
    ['mysql://db/shop', { mode: 'prefer' }],
    ['mysql://db/shop?ssl-mode=REQUIRED', { mode: 'require' }],
    ['mysql://db/shop?ssl-mode=VERIFY_IDENTITY&ssl-ca=/ca.pem', { mode: 'verify-full', ca: '/ca.pem' }],
    ['mysql://db/shop?ssl-ca=/ca.pem', { mode: 'verify-ca', ca: '/ca.pem' }],
    ['mysql://db/shop?ssl-mode=DISABLED', { mode: 'disable' }],
    ['postgres://db/shop?sslmode=allow', { mode: 'prefer' }],
    ['postgres://db/shop?sslmode=require&sslrootcert=/ca.pem', { mode: 'verify-ca', ca: '/ca.pem' }],
    ['postgres://db/shop?sslrootcert=system', { mode: 'verify-full', ca: undefined }],
    ['postgres://db/shop?sslcert=/c.pem&sslkey=/k.pem', { mode: 'prefer', certificate: '/c.pem', key: '/k.pem' }],
    ['postgres://db/shop?ssl=true', { mode: 'require' }],
  ])('of %s', async (url, tls) => {
    expect((await new Folder().server({ url })).tls).toMatchObject(tls);
  });

  it('with a certificate and no key cannot be', async () => {
    expect(await new Folder().complaint({ url: 'mysql://db/shop?ssl-cert=/c.pem' })).toBe(
      '--url: TLS has a client certificate but no key → name the file of the key too',
    );
  });

  it('comes from ~/.my.cnf too', async () => {
    const folder = new Folder().write('~/.my.cnf', '[client]\nssl-mode=VERIFY_IDENTITY\nssl_ca=/ca.pem');
    expect((await folder.server({ url: 'mysql://db/shop' })).tls).toMatchObject({ mode: 'verify-full', ca: '/ca.pem' });
  });
});
