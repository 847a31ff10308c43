import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ServerTarget, Target } from '../../src/config/target.ts';
import { poll } from '../support.ts';

/**
 * Where a connection breaks: the server never gets the COMMIT; it gets it, and nobody hears whether it was done; it
 * commits, and its answer is swallowed; it commits and answers, and then the connection breaks.
 */
export const CUTS = ['before', 'unheard', 'swallowed', 'after'] as const;
export type Cut = (typeof CUTS)[number];

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** What the connection awaits the answer to its COMMIT for. */
  cut: 'swallowed' | 'after' | undefined;
}

/** A way to a server that breaks when a COMMIT passes. */
export interface Cutter {
  readonly target: Target;
  /** Breaks every connection now. */
  cutAll(): void;
  /** COMMITs at which a connection broke. */
  readonly cuts: readonly Cut[];
}

/** The statement alone: an isolation level has the word too. */
const COMMIT = /COMMIT(?!TED)/;

/**
 * Starts one.
 * @param choose asked at each COMMIT; undefined lets it pass
 */
export async function startCutter(target: ServerTarget, choose: () => Cut | undefined): Promise<Cutter> {
  const pairs = new Set<Pair>();
  const cuts: Cut[] = [];
  const cut = (pair: Pair) => {
    pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
  };
  const fromClient = (pair: Pair, chunk: Buffer) => {
    const chosen = COMMIT.test(chunk.toString('latin1')) ? choose() : undefined;
    if (chosen !== undefined) cuts.push(chosen);
    if (chosen === 'before') return cut(pair);
    if (chosen === 'unheard') return void pair.far.write(chunk, () => cut(pair));
    pair.cut = chosen;
    pair.far.write(chunk);
  };
  const fromServer = (pair: Pair, chunk: Buffer) => {
    if (pair.cut === 'swallowed') return cut(pair);
    if (pair.cut === 'after') return void pair.near.write(chunk, () => cut(pair));
    pair.near.write(chunk);
  };
  const server = createServer((near) => {
    const pair: Pair = { near, far: connect(target.port, target.host), cut: undefined };
    pairs.add(pair);
    near.setNoDelay(true).on('data', (chunk: Buffer) => fromClient(pair, chunk));
    pair.far.setNoDelay(true).on('data', (chunk: Buffer) => fromServer(pair, chunk));
    for (const socket of [near, pair.far]) socket.on('error', () => cut(pair)).on('close', () => cut(pair));
  }).listen(0, '127.0.0.1');
  const address = await poll(() => server.address());
  if (typeof address === 'string') throw new Error('no port');
  const cutAll = () => {
    for (const pair of pairs) cut(pair);
  };
  onTestFinished(() => {
    server.close();
    cutAll();
  });
  return { target: { ...target, host: '127.0.0.1', port: address.port, socket: undefined }, cutAll, cuts };
}
