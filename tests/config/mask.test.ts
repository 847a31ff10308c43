import { describe, expect, test } from 'vitest';
import { maskFor, secretsOf } from '../../src/config/mask.ts';
import { NO_OWN_CHECKS } from '../../src/config/own-checks.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { DEFAULT_LARAVEL } from '../../src/config/retry.ts';
import { targetOf } from '../engines/writer.ts';

describe('a secret', () => {
  const mask = maskFor(['hunter-22', 'short']);

  test.each([
    ['the password is hunter-22, see', 'the password is ***, see'],
    ['mysql://app:pa:ss@db/shop and redis://:x@cache', 'mysql://app:***@db/shop and redis://:***@cache'],
    ['DB_URL=postgres://app:p@ss@db/shop', 'DB_URL=postgres://app:***@db/shop'],
    ['DB_PASSWORD=abc TOKEN: "x y"', 'DB_PASSWORD=*** TOKEN: "***"'],
    [`{"secret":"a \\" b","n":1} pwd='x y'`, `{"secret":"***","n":1} pwd='***'`],
    [
      "CREATE USER app IDENTIFIED BY 'x y'; ALTER ROLE a PASSWORD 'z'",
      "CREATE USER app IDENTIFIED BY '***'; ALTER ROLE a PASSWORD '***'",
    ],
    ['{"api_key":"k1","rows":3}', '{"api_key":"***","rows":3}'],
    ['Authorization: Bearer abc.def', 'Authorization: ***'],
    ['curl --token abc -v', 'curl --token *** -v'],
    ['cal_live_0123456789abcdef0123', 'cal_***'],
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', 'AWS_SECRET_ACCESS_KEY=***'],
    ['APP_KEY=base64:c29tZXRoaW5n= next', 'APP_KEY=*** next'],
    ['passwort: geheim', 'passwort: ***'],
    ['mysql -h db -uroot -phunter2 shop', 'mysql -h db -uroot -p*** shop'],
    ['Cookie: session=abc; other=def', 'Cookie: ***'],
    ['sk_live_0123456789abcdef and ghp_0123456789abcdefghij', 'sk_live_*** and ghp_***'],
    ['a\\0bincal_live_0123456789abcdef0123 xghp_0123456789abcdefghij', 'a\\0bincal_*** xghp_***'],
    ['OpenAI sk-proj-abcdefghij0123456789_XYZ and sk-ant-api03-abcdefghij', 'OpenAI sk-proj-*** and sk-ant-***'],
    ['jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sflKxwRJSMeKKF2QT4', 'jwt ***'],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nowIB\n-----END RSA PRIVATE KEY-----\nafter',
      '-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nafter',
    ],
  ])('is taken out of %s', (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  test('of the connection, of Cal.com, of a webhook and of an address that is asked is known', () => {
    const target = targetOf('postgres', 'postgres://app:in-the-config@db/shop');
    const api = { apiKey: 'cal-key-1', baseUrl: '', parallel: 1, timeoutMs: 1, sql: '' };
    const retry = { strategy: 'calcom-api', laravel: DEFAULT_LARAVEL, command: undefined, calcomApi: api } as const;
    const facts = { name: 'up', title: undefined, severity: 'error', phases: [], remedy: undefined } as const;
    const asked = { url: 'https://app:in%20the%20url@example.com/up', status: 200, contains: undefined, timeoutMs: 1 };
    const hidden = maskFor(
      secretsOf({
        target,
        retry,
        notify: { command: undefined, webhook: new URL('https://hooks.example.com/T1/B2/x3') },
        checks: { ...NO_OWN_CHECKS, http: [{ ...facts, ...asked }] },
      }),
    );
    expect(hidden('in-the-config, cal-key-1, in the url')).toBe('***, ***, ***');
    expect(hidden('POST https://hooks.example.com/T1/B2/x3 failed')).toBe('POST *** failed');
    expect(secretsOf(defaultContext('file', { engine: 'sqlite', path: 'x' }))).toEqual([]);
  });

  test.each([
    'a short note',
    'https://example.com/up',
    '12,788 ids; clears 113 duplicates',
    'secretary and tokens',
    'ask-the-people-who-know',
    'physical_key_of_the_office',
  ])('is not seen in %s', (text) => {
    expect(mask(text)).toBe(text);
  });

  test('behind a word of any length is found', () => {
    const word = 'token'.repeat(40_000);
    expect(mask(`${word}=abc`)).toBe(`${word}=***`);
  });
});
