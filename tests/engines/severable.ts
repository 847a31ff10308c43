import { connect, createServer, type Socket } from 'node:net';
import type { ServerTarget } from '../../src/config/target.ts';
import { poll } from '../support.ts';

interface Way {
  readonly target: ServerTarget;
  /** What goes through it ends, and nothing goes again. */
  sever(): void;
  restore(): void;
}

/** A way to a server that can be cut, as when a cable is pulled. */
export async function severable(target: ServerTarget): Promise<Way> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target.port, target.host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  const address = await poll(() => server.address());
  if (typeof address === 'string') throw new Error('no port');
  return {
    target: { ...target, host: '127.0.0.1', port: address.port, socket: undefined },
    sever: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
    restore: () => void server.listen(address.port, '127.0.0.1'),
  };
}
