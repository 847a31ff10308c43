import { Problem } from '../model/problem.ts';

/** One of the hosts that a text names. */
export interface Host {
  /** Without the brackets of an IPv6 address; a path is a socket. */
  readonly host: string;
  /** undefined where the text leaves it to the default. */
  readonly port: number | undefined;
}

export type Hosts = readonly [Host, ...Host[]];

/** @throws Problem config, when the text is no port */
export function portNumber(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port >= 1 && port <= 65535) return port;
  throw new Problem('config', 'the port must be a whole number from 1 to 65535', 'correct the port');
}

/**
 * The hosts of a text as libpq and MySQL write several, in the order in which they are tried: `db1,db2:5433,[::1]:5434`.
 * @throws Problem config, for an empty place between commas and a port that is none
 */
export function hostsOf(text: string): Hosts {
  const [first = '', ...others] = text.split(',');
  return [hostOf(first), ...others.map(hostOf)];
}

function hostOf(text: string): Host {
  const said = text.trim();
  if (said === '') throw new Problem('config', 'a host between the commas is empty', 'write h1,h2:PORT');
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(said);
  // More than one colon without brackets is an IPv6 address.
  const [, host, port] = bracketed ?? (said.startsWith('/') ? [] : (/^([^:]+):([^:]*)$/s.exec(said) ?? []));
  if (host === undefined) return { host: said, port: undefined };
  return { host, port: port === undefined ? undefined : portNumber(port) };
}

/** The reverse of `hostsOf`. */
export const hostsText = (hosts: readonly Host[]): string =>
  hosts
    .map(({ host, port }) => {
      const bracketed = host.includes(':') && !host.startsWith('/');
      return `${bracketed ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
    })
    .join();

/**
 * Hosts with the ports of a list beside theirs, as libpq has it: one for each, or one for all.
 * @throws Problem config, when they don't match
 */
export function withPorts(hosts: Hosts, ports: string): Hosts {
  const numbers = ports.split(',').map((port) => portNumber(port.trim()));
  if (numbers.length !== 1 && numbers.length !== hosts.length) {
    const what = `${numbers.length} ports are named for ${hosts.length} host${hosts.length === 1 ? '' : 's'}`;
    throw new Problem('config', what, 'name one port for each host, or one for all');
  }
  const [first, ...others] = hosts;
  const withPort = ({ host, port }: Host, index: number): Host => ({
    host,
    port: port ?? numbers[index] ?? numbers[0],
  });
  return [withPort(first, 0), ...others.map((other, index) => withPort(other, index + 1))];
}
