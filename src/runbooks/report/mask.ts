import type { Context } from '../../config/context.ts';
import { Problem } from '../../model/problem.ts';

/** What takes secrets out of a text. */
export type Mask = (text: string) => string;

/** A shorter one is found in every other word. */
const SHORTEST = 6;

/** The secrets of a context, as far as they are known once it is loaded. */
export function secretsOf({ target, retry }: Pick<Context, 'target' | 'retry'>): readonly string[] {
  const passwords =
    target.engine === 'sqlite' ? [] : [target, ...(target.others ?? [])].map(({ password }) => password);
  const api = retry?.calcomApi;
  const key = api === undefined || api instanceof Problem ? undefined : api.apiKey;
  return [...passwords, key].filter((secret) => secret !== undefined);
}

/** A password in an address; a value behind a word for a secret; a key by its shape. */
const LOOKS = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@]+@/gi, '$1***@'],
  [/(\bauthorization\s*[:=]\s*)(?:\w+\s+)?[^\s"',;]+/gi, '$1***'],
  [/(\bbearer\s+)[\w.~+/-]{8,}=*/gi, '$1***'],
  [
    /([\w-]*(?:passwor[dt]|passwd|pwd|secret|token|(?:api|app|access|private)[_-]?key)[\w-]*["']?\s*[:=]\s*["']?)[^\s"',;]+/gi,
    '$1***',
  ],
  [/(--(?:password|token|secret|api-key)\s+)\S+/gi, '$1***'],
  // As the clients of MySQL and MariaDB take it.
  [/(\b(?:mysql|mariadb)\w*\b[^\n]*?\s-p)[^\s-]\S*/gi, '$1***'],
  [/(\b(?:set-)?cookie\s*[:=]\s*)[^\n]+/gi, '$1***'],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '$1***$2'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '***'],
  [/\b((?:sk|pk|rk)_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[abprs]-|AKIA)[\w-]{12,}/g, '$1***'],
  [/\bcal_(?:live_|test_)?\w{16,}/gi, 'cal_***'],
] as const;

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
