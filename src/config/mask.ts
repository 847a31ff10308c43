import { Problem } from '../model/problem.ts';
import type { Context } from './context.ts';

/** What takes secrets out of a text. */
export type Mask = (text: string) => string;

/** A shorter one is found in every other word. */
const SHORTEST = 6;

/** The password in an address, as it is written and as it is meant. */
function passwordsIn(address: URL | null): readonly string[] {
  const password = address?.password ?? '';
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** The secrets of a context, as far as they are known once it is loaded. */
export function secretsOf({
  target,
  retry,
  notify: { webhook },
  checks,
}: Pick<Context, 'target' | 'retry' | 'notify' | 'checks'>): readonly string[] {
  const places = target.engine === 'sqlite' ? [] : [target, ...(target.others ?? [])];
  const api = retry?.calcomApi;
  return [
    ...places.flatMap(({ password }) => password ?? []),
    ...(api === undefined || api instanceof Problem ? [] : [api.apiKey]),
    ...(retry?.command?.secrets ?? []),
    // Who knows the address of a webhook can use it.
    ...(webhook === undefined ? [] : [webhook.href, ...passwordsIn(webhook)]),
    ...checks.http.flatMap(({ url }) => passwordsIn(URL.parse(url))),
  ].filter((secret) => secret !== '');
}

/** What takes the secrets of a context out of a text, and what looks like one. */
export const maskOf = (context: Parameters<typeof secretsOf>[0]): Mask => maskFor(secretsOf(context));

/** What people call a secret, before its value. Bounded: a program may print a word of any length. */
const NAMED = String.raw`(?:passwor[dt]|passwd|pwd|secret|token|(?:api|app|access|private)[_-]?key)[\w-]{0,40}["']?\s*[:=]\s*`;

/** A password in an address; a value behind a word for a secret; a key by its shape. */
const LOOKS = [
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]*:)[^\s"'<>]+@/gi, '$1***@'],
  [/(\bauthorization\s*[:=]\s*)(?:\w+\s+)?[^\s"',;]+/gi, '$1***'],
  [/(\bbearer\s+)[\w.~+/-]{8,}=*/gi, '$1***'],
  [new RegExp(`(${NAMED}")(?:\\\\.|[^"\\\\\n])+`, 'gi'), '$1***'],
  [new RegExp(`(${NAMED}')(?:\\\\.|[^'\\\\\n])+`, 'gi'), '$1***'],
  [new RegExp(`(${NAMED})[^\\s"',;]+`, 'gi'), '$1***'],
  // As SQL takes it.
  [/(\b(?:identified\s+by|password)\s+)(["'])[^"'\n]+/gi, '$1$2***'],
  [/(--(?:password|token|secret|api-key)\s+)\S+/gi, '$1***'],
  // As the clients of MySQL and MariaDB take it.
  [/(\b(?:mysql|mariadb)\w*\b[^\n]*?\s-p)[^\s-]\S*/gi, '$1***'],
  [/(\b(?:set-)?cookie\s*[:=]\s*)[^\n]+/gi, '$1***'],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '$1***$2'],
  // Also where something stands before it without a blank, as in what a program prints.
  [/eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '***'],
  [/((?:sk|pk|rk)_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[abprs]-|AKIA)[\w-]{12,}/g, '$1***'],
  [/\b(sk-(?:[a-z]{2,10}-)?)(?=[\w-]*\d)[\w-]{16,}/g, '$1***'],
  [/cal_(?:live_|test_)\w{16,}|\bcal_\w{16,}/gi, 'cal_***'],
] as const;

/** An option whose value is a secret. */
const SECRET_OPTION = /^--?(?:[\w-]*(?:passw(?:or)?d|token|secret)|(?:api|access|private)-?key)$/i;

/** The arguments of a program without what is a secret or looks like one. */
export const maskWords = (words: readonly string[], mask: Mask = LOOKING): readonly string[] =>
  words.map((word, index) => (SECRET_OPTION.test(words[index - 1] ?? '') ? '***' : mask(word)));

/**
 * Replaces by `***` what is a secret of the context or looks like one. People paste and programs print them; what apptop
 * writes by itself has none.
 */
export function maskFor(secrets: readonly string[]): Mask {
  const known = secrets.filter(({ length }) => length >= SHORTEST).toSorted((one, other) => other.length - one.length);
  return (text) => {
    const without = known.reduce((kept, secret) => kept.replaceAll(secret, '***'), text);
    return LOOKS.reduce((kept, [pattern, shown]) => kept.replace(pattern, shown), without);
  };
}

/** The same where no secret is known. */
const LOOKING = maskFor([]);
