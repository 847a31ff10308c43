import { createServer, connect as openSocket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ServerTarget } from '../../src/config/target.ts';
import { poll } from '../support.ts';

/** Stands between a session and its server as a pooler does that drops or refuses the first packet's `options`. */
export async function startPooler({ host, port }: ServerTarget, does: 'drops' | 'refuses'): Promise<number> {
  const server = createServer((client) => {
    const upstream = openSocket(port, host);
    client
      .on('error', () => upstream.destroy())
      .once('data', (packet: Buffer) => {
        const options = packet.indexOf('\0options\0') + 1;
        if (options > 0 && does === 'refuses') return client.end(refusal('unsupported startup parameter: options'));
        upstream.write(options > 0 ? without(packet, options) : packet);
        return client.pipe(upstream);
      });
    upstream.on('error', () => client.destroy()).pipe(client);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  const address = await poll(() => server.address());
  if (typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A startup packet without the name and the value that begin at an offset. */
function without(packet: Buffer, at: number): Buffer {
  const end = packet.indexOf(0, packet.indexOf(0, at) + 1) + 1;
  const shorter = Buffer.concat([packet.subarray(0, at), packet.subarray(end)]);
  shorter.writeInt32BE(shorter.length, 0);
  return shorter;
}

/** An ErrorResponse as pgbouncer gives it. */
function refusal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
