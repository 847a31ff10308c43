import type { ServerTarget } from '../config/target.ts';
import { Problem, type ProblemKind } from '../model/problem.ts';

/** What is told of a failure: the arguments of a Problem. */
export type Telling = readonly [kind: ProblemKind, what: string, remedy: string];

/** Where a server is, as a person would write it. */
export function placeOf({ socket, host, port }: ServerTarget): string {
  return socket ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Somebody holds the port open and says nothing, or packets vanish on the way. */
const silence = (target: ServerTarget): Telling => [
  'timeout',
  `${placeOf(target)} does not answer in time`,
  'check the address, the firewall and the load of the server',
];

export const noAnswer = (target: ServerTarget): Problem => new Problem(...silence(target));

/** Why the network leads to no server, by Node's code of the error. */
export function networkTellings(target: ServerTarget): Readonly<Record<string, Telling>> {
  const place = placeOf(target);
  const unknownHost: Telling = [
    'unreachable',
    `no host is known as "${target.host}"`,
    'check the host in the connection, and the DNS or VPN of this machine',
  ];
  const noSocket: Telling = [
    'unreachable',
    `cannot open the socket ${place}`,
    'check its path, that the server runs, and the right to use the socket',
  ];
  return {
    ENOTFOUND: unknownHost,
    EAI_AGAIN: unknownHost,
    ECONNREFUSED: [
      'unreachable',
      `nobody answers at ${place}`,
      'check the address, and that the server runs and listens there',
    ],
    ENOENT: noSocket,
    EACCES: noSocket,
    ETIMEDOUT: silence(target),
  };
}
