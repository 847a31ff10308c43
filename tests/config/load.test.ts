import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Folder } from './folder.ts';

const one = (connection: unknown, more: object = {}) => ({ contexts: { prod: { connection, ...more } } });

describe('which database is meant', () => {
  const everywhere = () =>
    new Folder()
      .write('other.json', one('sqlite:/named'))
      .write('env.json', one('sqlite:/variable'))
      .write('apptop.json', one('sqlite:/here'))
      .write('~/.config/apptop/config.json', one('sqlite:/home'))
      .write('.env', 'DATABASE_URL=sqlite:/dotenv')
      .set({ DATABASE_URL: 'sqlite:/environment' });

  it('--url comes first and needs no file', async () => {
    const { context, where } = await everywhere().load({ url: 'sqlite:/url.db' });
    expect([context.target, where]).toEqual([{ engine: 'sqlite', path: '/url.db' }, '--url']);
  });

  it('then --config, $APPTOP_CONFIG, ./apptop.json, the XDG folder, .env, $DATABASE_URL', async () => {
    const named = everywhere().set({ APPTOP_CONFIG: 'env.json' });
    expect((await named.context({ config: 'other.json' })).target).toMatchObject({ path: '/named' });
    expect((await named.context()).target).toMatchObject({ path: '/variable' });
    expect((await everywhere().context()).target).toMatchObject({ path: '/here' });

    const elsewhere = new Folder()
      .write('~/xdg/apptop/config.json', one('sqlite:/home'))
      .set({ DATABASE_URL: 'sqlite:/environment' });
    elsewhere.set({ XDG_CONFIG_HOME: join(elsewhere.home, 'xdg') });
    const fromHome = await elsewhere.load();
    expect([fromHome.context.target, fromHome.where]).toEqual([
      { engine: 'sqlite', path: '/home' },
      '~/xdg/apptop/config.json',
    ]);

    const bare = new Folder().set({ DATABASE_URL: 'sqlite:/environment' });
    expect((await bare.load()).where).toBe('$DATABASE_URL');
    bare.write('.env', 'DATABASE_URL=sqlite:/dotenv');
    expect((await bare.load()).where).toBe('DATABASE_URL in ./.env');
  });

  it('with nothing to be found it says what to do', async () => {
    expect(await new Folder().complaint()).toBe(
      'no database is named: no config file, no .env with one and no DATABASE_URL here → run apptop init, or give --url mysql://user@host/database; apptop demo shows one',
    );
  });

  it.each([
    [{ config: 'gone.json' }, './gone.json: there is no such file → check the path'],
    [{ config: '.' }, './: is a folder → name a file'],
    [
      { context: 'prod' },
      'there is no config file with a context "prod" → run apptop init, or name the file with --config',
    ],
    [{ context: 'prod', url: 'sqlite:x' }, '--url and --context each name a database → give one of them'],
  ])('%j cannot be', async (options, line) => {
    expect(await new Folder().complaint(options)).toBe(line);
  });
});

describe('which context is meant', () => {
  const three = (more: object = {}) =>
    new Folder().write('apptop.json', {
      contexts: {
        prod: { connection: 'sqlite:/p' },
        staging: { connection: 'sqlite:/s' },
        local: { connection: '${env:UNSET}' },
      },
      ...more,
    });

  it('--context, else defaultContext', async () => {
    const folder = three({ defaultContext: 'staging' });
    expect((await folder.context({ context: 'prod' })).name).toBe('prod');
    const loaded = await folder.load();
    expect([loaded.context.name, loaded.contexts]).toEqual(['staging', ['prod', 'staging', 'local']]);
  });

  it('has to be said when there are several', async () => {
    expect(await three().complaint()).toBe(
      './apptop.json has 3 contexts and no defaultContext → choose one of prod, staging, local with --context',
    );
  });

  it('mistyped: the nearest one is offered', async () => {
    expect(await three().complaint({ context: 'stagin' })).toBe(
      './apptop.json: there is no context "stagin" → did you mean staging?',
    );
    expect(await three({ defaultContext: 'x' }).complaint()).toBe(
      './apptop.json: defaultContext: there is no context "x" → choose one of prod, staging, local with --context',
    );
    expect(await three().complaint({ context: 'toString' })).toMatch('there is no context "toString"');
  });
});

describe('a context', () => {
  it('is read-only production with the field’s names unless it says otherwise', async () => {
    const context = await new Folder().write('apptop.json', one('sqlite:x.db')).context();
    expect(context).toMatchObject({
      name: 'prod',
      environment: 'production',
      access: 'read',
      table: { schema: undefined, name: 'appointments' },
      refreshSeconds: 2,
      statementTimeoutMs: 30_000,
    });
    expect(context.columns.calcom_v2_booking_id).toBe('calcom_v2_booking_id');
  });

  it('takes what it says', async () => {
    const context = await new Folder()
      .set({ COLUMN: 'order' })
      .write(
        'apptop.json',
        one('sqlite:x.db', {
          environment: 'staging',
          access: 'operate',
          table: 'booking.Termine',
          columns: { status: '${env:COLUMN}' },
          bookingIds: { uidPattern: '^[a-z0-9]{22,22}$', layout: 'separate-columns' },
          thresholds: { latencyMax: 20 },
          refreshSeconds: 5,
          statementTimeoutSeconds: 10,
        }),
      )
      .context();
    expect(context).toMatchObject({
      environment: 'staging',
      access: 'operate',
      table: { schema: 'booking', name: 'Termine' },
      columns: { status: 'order', id: 'id' },
      bookingIds: { uid: { characters: 'a-z0-9', shortest: 22, longest: 22 }, layout: 'separate-columns' },
      thresholds: { latencyMax: 20, latencyAverage: 10 },
      refreshSeconds: 5,
      statementTimeoutMs: 10_000,
    });
  });

  it('finds files from the folder of its config file and from home', async () => {
    const folder = new Folder().write('ops/a.json', one('sqlite:shop.db')).write('ops/b.json', one('sqlite:~/shop.db'));
    expect((await folder.context({ config: 'ops/a.json' })).target).toMatchObject({
      path: join(folder.folder, 'ops/shop.db'),
    });
    expect((await folder.context({ config: 'ops/b.json' })).target).toMatchObject({
      path: join(folder.home, 'shop.db'),
    });
  });

  it('is named after its database when no file names it', async () => {
    expect((await new Folder().context({ url: 'sqlite:/srv/shop.v2.sqlite' })).name).toBe('shop.v2');
    expect((await new Folder().context({ url: 'mysql://db/askproai' })).name).toBe('askproai');
  });
});
