import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import type { Tls } from './target.ts';
import type { WantedTls } from './wanted.ts';

/** The modes by the words of both engines' clients, folded to letters. */
const MODES: Readonly<Record<string, Tls['mode']>> = {
  disable: 'disable',
  disabled: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  preferred: 'prefer',
  require: 'require',
  required: 'require',
  verifyca: 'verify-ca',
  verifyfull: 'verify-full',
  verifyidentity: 'verify-full',
};

/** Parameters by the names of both engines' clients, folded to letters: `sslrootcert`, `ssl-ca`, `ssl_ca`. */
const PARTS: Readonly<Record<string, keyof WantedTls>> = {
  sslmode: 'mode',
  sslca: 'ca',
  sslrootcert: 'ca',
  sslcert: 'certificate',
  sslkey: 'key',
};

/** The names for messages, as each engine's manual writes them. */
export const TLS_NAMES = {
  mysql: ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key'],
  postgres: ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'],
} as const;

const folded = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Which part of TLS a parameter of a URL or of a client's file sets; undefined when it is about something else. */
export function tlsPart(name: string): keyof WantedTls | undefined {
  return PARTS[folded(name)];
}

/** What `said` leaves open is taken from `below`; a certificate and its key stay together. */
export function overlay(said: WantedTls, below: WantedTls): WantedTls {
  const { certificate, key } = said.certificate === undefined && said.key === undefined ? below : said;
  return { mode: said.mode ?? below.mode, ca: said.ca ?? below.ca, certificate, key };
}

/**
 * TLS with its defaults. A CA that is named is used: without a mode, and with `require`, it means `verify-ca`, as
 * mysql (for the first) and libpq (for the second) have it. `sslrootcert=system` is libpq's word for the system's own CAs.
 * @throws Problem config, for a mode that no client knows, a certificate without its key and the reverse
 */
export function completeTls(wanted: WantedTls, path: (path: string) => string): Tls {
  const ca = wanted.ca === 'system' ? undefined : wanted.ca;
  const mode = wanted.ca === 'system' ? (wanted.mode ?? 'verify-full') : wanted.mode;
  if ((wanted.certificate === undefined) !== (wanted.key === undefined)) {
    const [has, lacks] = wanted.key === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    throw new Problem('config', `TLS has a client ${has} but no ${lacks}`, `name the file of the ${lacks} too`);
  }
  return {
    mode: modeOf(mode, ca !== undefined),
    ca: ca === undefined ? undefined : path(ca),
    certificate: wanted.certificate === undefined ? undefined : path(wanted.certificate),
    key: wanted.key === undefined ? undefined : path(wanted.key),
  };
}

function modeOf(word: string | undefined, hasCa: boolean): Tls['mode'] {
  const mode = word === undefined ? 'prefer' : tlsMode(word);
  return hasCa && (word === undefined || mode === 'require') ? 'verify-ca' : mode;
}

/**
 * A mode by either client's word for it.
 * @throws Problem config, for a word that neither knows
 */
export function tlsMode(word: string): Tls['mode'] {
  const mode = MODES[folded(word)];
  if (mode !== undefined) return mode;
  const known = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];
  const meant = nearest(word, known);
  const remedy = meant === undefined ? `use one of ${known.join(', ')}` : `did you mean ${meant}?`;
  throw new Problem('config', `the TLS mode "${word}" is unknown`, remedy);
}
