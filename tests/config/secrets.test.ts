import { describe, expect, it } from 'vitest';
import { runPasswordCommand } from '../../src/config/secrets.ts';
import { Folder } from './folder.ts';

const mysql = (fields: object) => ({
  contexts: { prod: { connection: { engine: 'mysql', host: 'db', user: 'ada', database: 'shop', ...fields } } },
});
const password = async (folder: Folder) => (await folder.server()).password;

describe('a reference to a variable', () => {
  it('is looked up in the environment, then in the .env beside the file', async () => {
    const folder = new Folder().write('ops/apptop.json', mysql({ password: '${env:DB_PASSWORD}' }));
    folder.write('ops/.env', 'DB_PASSWORD=from-file').set({ APPTOP_CONFIG: 'ops/apptop.json' });
    expect(await password(folder)).toBe('from-file');
    expect(await password(folder.set({ DB_PASSWORD: 'from-environment' }))).toBe('from-environment');
  });

  it('stands in any text', async () => {
    const folder = new Folder().set({ HOST: 'db7', CERTS: '/certs' });
    folder.write('apptop.json', mysql({ host: '${env:HOST}.example.com', tls: { ca: '${env:CERTS}/ca.pem' } }));
    expect(await folder.server()).toMatchObject({
      host: 'db7.example.com',
      tls: { mode: 'verify-ca', ca: '/certs/ca.pem' },
    });
  });

  it('in a URL may hold any character', async () => {
    const folder = new Folder().set({ PW: 'p/#?%@:' });
    folder.write('apptop.json', { contexts: { prod: { connection: 'postgres://ada:${env:PW}@db/shop' } } });
    expect(await folder.server()).toMatchObject({ user: 'ada', password: 'p/#?%@:', host: 'db' });
  });

  it('may be the whole URL', async () => {
    const folder = new Folder().set({ URL: 'postgres://ada:p%2F@db/shop' });
    folder.write('apptop.json', { contexts: { prod: { connection: '${env:URL}' } } });
    expect(await folder.server()).toMatchObject({ password: 'p/', host: 'db' });
  });

  it('to a variable that is not set says which and where', async () => {
    const folder = new Folder().write('apptop.json', mysql({ password: '${env:DB_PASSWORD}' }));
    expect(await folder.complaint()).toBe(
      './apptop.json: contexts.prod.connection.password: the variable DB_PASSWORD is not set → export DB_PASSWORD=… or write it into the .env beside the file',
    );
  });
});

describe('a password from a file', () => {
  it('is its content without the last newline', async () => {
    const folder = new Folder().write('apptop.json', mysql({ passwordFile: '~/db.secret' }));
    expect(await password(folder.write('~/db.secret', ' hunter2 \n'))).toBe(' hunter2 ');
    expect(await password(folder.write('~/db.secret', 'two\n\r\n'))).toBe('two\n');
  });

  it.each([
    ['gone', 'there is no such file → check the path'],
    ['empty', 'is empty → write the password into it'],
    ['.', 'is a folder → name a file'],
  ])('that is %s', async (passwordFile, line) => {
    const folder = new Folder().write('apptop.json', mysql({ passwordFile })).write('empty', '\n');
    expect(await folder.complaint()).toContain('./apptop.json: contexts.prod.connection.passwordFile: ./');
    expect(await folder.complaint()).toContain(line);
  });
});

describe('a password from a command', () => {
  const from = (...passwordCommand: string[]) => new Folder().write('apptop.json', mysql({ passwordCommand }));

  it('is what it prints, without a shell in between', async () => {
    expect(await password(from('printf', '%s\\n', '$HOME; `id`'))).toBe('$HOME; `id`');
  });

  it('runs in the folder of the config file', async () => {
    expect(await password(from('cat', './db.secret').write('db.secret', 'hunter2\n'))).toBe('hunter2');
  });

  it.each([
    [['no-such-program-here'], 'no-such-program-here was not found'],
    [['sh', '-c', 'echo hunter2 | tee /dev/stderr; exit 3'], 'sh failed with exit code 3'],
    [['true'], 'true printed nothing'],
  ])('%j that fails is told without its output', async (command, line) => {
    const complaint = await from(...command).complaint();
    expect(complaint).toContain(`./apptop.json: contexts.prod.connection.passwordCommand: ${line} → `);
    expect(complaint).not.toContain('hunter2');
  });

  it('is stopped when it takes too long', async () => {
    await expect(runPasswordCommand(['sleep', '60'], '/', 'passwordCommand', 50)).rejects.toMatchObject({
      message: 'passwordCommand: sleep took over 0.05 s',
    });
  });

  it('is not asked when the password comes in another way too', async () => {
    const folder = new Folder().write('apptop.json', mysql({ password: 'x', passwordFile: 'y' }));
    expect(await folder.complaint()).toContain('the password is given in more than one way');
  });
});

describe('a config file with a password in it', () => {
  it.each([[mysql({ password: 'hunter2' })], [{ contexts: { prod: { connection: 'mysql://ada:hunter2@db/shop' } } }]])(
    'that others may read is noted',
    async (content) => {
      expect((await new Folder().write('apptop.json', content, 0o644).load()).notes).toEqual([
        './apptop.json holds a password and others may read it (chmod 600 it)',
      ]);
      expect((await new Folder().write('apptop.json', content, 0o600).load()).notes).toEqual([]);
    },
  );

  it('is fine as a reference', async () => {
    const folder = new Folder().set({ PW: 'x' }).write('apptop.json', mysql({ password: '${env:PW}' }), 0o644);
    expect((await folder.load()).notes).toEqual([]);
    folder.write('apptop.json', { contexts: { prod: { connection: 'mysql://ada:${env:PW}@db/shop' } } }, 0o644);
    expect((await folder.load()).notes).toEqual([]);
  });
});
