import { hostsOf, hostsText } from './hosts.ts';
import type { Target } from './target.ts';
import { parseUrl } from './url.ts';
import type { Wanted } from './wanted.ts';

/**
 * A connection URL as it may be shown: `mysql://app:***@db:3306/shop`, parameters left out. Of a URL that cannot be read
 * nothing but the scheme is shown, because its password may stand anywhere.
 */
export function redact(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0] ?? '';
  try {
    return address(parseUrl(url), scheme);
  } catch {
    return scheme === '' ? '***' : `${scheme}:***`;
  }
}

/** An address without any secret. */
export function address(wanted: Wanted | Target, scheme: string = wanted.engine): string {
  if (wanted.engine === 'sqlite') return `sqlite:${wanted.path}`;
  const password = wanted.password === undefined ? '' : ':***';
  const user = wanted.user === undefined ? '' : `${wanted.user}${password}@`;
  const others = 'others' in wanted ? (wanted.others ?? []) : [];
  const places = [placesText(wanted), ...others.map(placesText)].join();
  return `${scheme}://${user}${places}/${wanted.database ?? ''}`;
}

interface Places {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly socket: string | undefined;
}

/** Where some servers are, as a person writes it: `db1:5432,[::1]:5433`. */
export function placesText({ host, port, socket }: Places): string {
  if (socket !== undefined) return socket;
  if (host === undefined) return port === undefined ? '' : `:${port}`;
  return hostsText(hostsOf(host).map((one) => ({ host: one.host, port: one.port ?? port })));
}

/** A web address as it may be shown: without user, parameters and fragment, where secrets stand. */
export function webAddress(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? '***' : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}
