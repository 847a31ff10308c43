import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDotenv } from '../../src/config/dotenv.ts';
import { Folder } from './folder.ts';

describe('a Laravel folder', () => {
  const env = (more = '') => `APP_NAME="Ask Pro"
APP_ENV=production
APP_KEY=base64:3q2+7w==

DB_CONNECTION=mysql
DB_HOST=db.internal
DB_PORT=3307
DB_DATABASE=askproai
DB_USERNAME=reader
DB_PASSWORD="p#w\\$1 \${DB_PORT}"
${more}`;

  it('names its database', async () => {
    const { context, where } = await new Folder().write('.env', env()).load();
    expect(context.target).toMatchObject({
      engine: 'mysql',
      host: 'db.internal',
      port: 3307,
      database: 'askproai',
      user: 'reader',
      password: 'p#w$1 3307',
    });
    expect([context.name, context.environment, context.access, where]).toEqual([
      'askproai',
      'production',
      'read',
      "Laravel's ./.env",
    ]);
  });

  it('lets the environment win, as Laravel does', async () => {
    const folder = new Folder().write('.env', env()).set({ DB_HOST: 'other', DB_PASSWORD: 'x' });
    expect(await folder.server()).toMatchObject({ host: 'other', password: 'x' });
  });

  it.each([
    ['DB_CONNECTION=mariadb\nDB_SOCKET=/run/my.sock\nDB_DATABASE=shop', { engine: 'mysql', socket: '/run/my.sock' }],
    [
      'DB_CONNECTION=pgsql\nDB_HOST=pg\nDB_DATABASE=shop\nDB_SSLMODE=require',
      { engine: 'postgres', port: 5432, tls: { mode: 'require' } },
    ],
    [
      'DB_CONNECTION=mysql\nDB_DATABASE=shop\nMYSQL_ATTR_SSL_CA=/ca.pem',
      { host: '127.0.0.1', tls: { mode: 'verify-ca', ca: '/ca.pem' } },
    ],
    [
      'DB_CONNECTION=mysql\nDB_URL=mysql://ada:pw@db/other',
      { host: 'db', user: 'ada', password: 'pw', database: 'other' },
    ],
    ['DB_CONNECTION=mysql\nDB_DATABASE=shop\nDB_PASSWORD=', { password: undefined }],
  ])('with %j', async (content, target) => {
    expect(await new Folder().write('.env', content).server()).toMatchObject(target);
  });

  it('with SQLite has its file in the folder database', async () => {
    const folder = new Folder().write('.env', 'DB_CONNECTION=sqlite');
    expect((await folder.context()).target).toEqual({
      engine: 'sqlite',
      path: join(folder.folder, 'database/database.sqlite'),
    });
    folder.write('.env', 'DB_CONNECTION=sqlite\nDB_DATABASE=/srv/shop.db');
    expect((await folder.context()).target).toEqual({ engine: 'sqlite', path: '/srv/shop.db' });
  });

  it.each([
    ['production', 'production'],
    ['staging', 'staging'],
    ['local', 'local'],
    ['testing', 'local'],
    ['dev', 'local'],
    ['Staging', 'staging'],
    ['live', 'production'],
    ['', 'production'],
  ])('with APP_ENV=%s is %s', async (word, environment) => {
    const folder = new Folder().write('.env', `APP_ENV=${word}\nDB_CONNECTION=mysql\nDB_DATABASE=shop`);
    expect((await folder.context()).environment).toBe(environment);
  });

  it('with a port that is none says so', async () => {
    const folder = new Folder().write('.env', 'DB_CONNECTION=mysql\nDB_PORT=33O6');
    expect(await folder.complaint()).toBe('./.env: the port must be a whole number from 1 to 65535 → correct the port');
  });
});

describe('DATABASE_URL', () => {
  it('is enough', async () => {
    const folder = new Folder().set({
      DATABASE_URL: 'postgresql://ada:pw@db.supabase.co:6543/postgres?pgbouncer=true',
    });
    expect(await folder.server()).toMatchObject({ host: 'db.supabase.co', port: 6543, user: 'ada', password: 'pw' });
    expect((await folder.context()).environment).toBe('production');
  });

  it('of Django may name a file in the project', async () => {
    const folder = new Folder().write('.env', 'DATABASE_URL=sqlite:///db.sqlite3').write('db.sqlite3', '');
    expect((await folder.context()).target).toEqual({ engine: 'sqlite', path: join(folder.folder, 'db.sqlite3') });
  });

  it('that is wrong is told without its content', async () => {
    const folder = new Folder().set({ DATABASE_URL: 'mysql://ada:hunt/er2@db/shop' });
    expect(await folder.complaint()).toMatch(/^\$DATABASE_URL: the password in the mysql:\/\/ URL has a character/);
  });
});

describe('a .env is read as phpdotenv reads it', () => {
  const value = (text: string, env = {}) => parseDotenv(`BASE=base\nEMPTY=\n${text}\nAFTER=after`, env).get('X');

  it.each([
    ['X=plain', 'plain'],
    ['X = spaced ', 'spaced'],
    ['export X=exported', 'exported'],
    ['"X"=named', 'named'],
    ['X=', ''],
    ['X= # comment', ''],
    ['X=a#b', 'a'],
    ['X=a # b', 'a'],
    ['X="a # b" # c', 'a # b'],
    ["X='a # b'", 'a # b'],
    ['X="say \\"hi\\" \\\\ \\n\\t"', 'say "hi" \\ \n\t'],
    ["X='$BASE ${BASE} \\n'", '$BASE ${BASE} \\n'],
    ['X=${BASE}/x', 'base/x'],
    ['X="${BASE}/x"', 'base/x'],
    ['X="\\${BASE} $BASE"', '${BASE} $BASE'],
    ['X=${MISSING}', '${MISSING}'],
    ['X=${EMPTY}x', 'x'],
    ['X="two\nlines"', 'two\nlines'],
    ['X=a=b', 'a=b'],
    ['X=first\nX=second', 'second'],
    ['#X=comment', undefined],
    ['X="unclosed', '"unclosed'],
    ['X=a\r', 'a'],
  ])('%j', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it('the environment wins, also within a value', () => {
    expect(value('X=file', { X: 'set' })).toBe('set');
    expect(value('X=${BASE}', { BASE: 'set' })).toBe('set');
  });

  it('one odd line does not hide the next', () => {
    expect(parseDotenv('odd line\n=x\nX="\'\nY=1', {}).get('Y')).toBe('1');
  });
});
