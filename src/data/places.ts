import type { Context } from '../config/context.ts';
import type { Target } from '../config/target.ts';
import { Problem } from '../model/problem.ts';
import type { Connection, Engine } from './connection.ts';
import { placeOf } from './network-problems.ts';

/** Each server that a target names, as a target of its own, in the order in which they are tried. */
export function placesOf(target: Target): readonly Target[] {
  if (target.engine === 'sqlite') return [target];
  const { others = [], ...first } = target;
  return [first, ...others.map((other) => ({ ...first, ...other }))];
}

/** Failures of one server that another one may not have. A wrong name in the config is wrong everywhere. */
const PASSING = new Set<Problem['kind']>(['unreachable', 'timeout', 'refused', 'lost']);

/** What none of the servers could do, in one line; with the advice of one that did answer. */
function together(problems: readonly Problem[]): Problem {
  const [first, ...others] = problems;
  if (first === undefined) throw new Error('no server was tried');
  if (others.length === 0) return first;
  const telling = problems.find(({ kind }) => kind === 'refused') ?? first;
  return new Problem(telling.kind, problems.map(({ message }) => message).join('; '), telling.remedy);
}

/**
 * Opens a session with the first server that can. One that does not answer takes no more than its share of the time.
 * @throws Problem, which names every server that was tried
 */
export async function openFirst<Session>(
  places: readonly Target[],
  timeoutMs: number,
  open: (place: Target, timeoutMs: number) => Promise<Session>,
): Promise<Session> {
  const deadline = performance.now() + timeoutMs;
  const problems: Problem[] = [];
  for (const [index, place] of places.entries()) {
    const share = Math.max(1, (deadline - performance.now()) / (places.length - index));
    try {
      return await open(place, share);
    } catch (error) {
      if (!(error instanceof Problem && PASSING.has(error.kind))) throw error;
      problems.push(error);
    }
  }
  throw together(problems);
}

/** A session that reads, and with which of a context's servers. */
export interface Reached {
  readonly connection: Connection;
  readonly place: Target;
}

/** The same connection, which says where its server is. */
const located = (connection: Connection, place: string): Connection => ({
  server: { ...connection.server, place },
  query: (statement, timeoutMs) => connection.query(statement, timeoutMs),
  cancel: () => connection.cancel(),
  close: () => connection.close(),
});

/**
 * Opens a session that reads with the first of some servers that answers. Where changes are allowed the first primary
 * goes before a replica, and a node of a cluster waits until it has what the others have: what a change did must be seen at
 * once, by the sweep and the checks after it too.
 * @throws Problem, which names every server that was tried
 */
export async function reach(
  engine: Engine,
  { access, target }: Context,
  timeoutMs: number,
  places: readonly Target[] = placesOf(target),
): Promise<Reached> {
  let replica: Reached | undefined;
  const open = async (place: Target, shareMs: number): Promise<Reached> => {
    const connection = await engine.connect(place, shareMs, access === 'operate');
    if (place.engine === 'sqlite' || places.length === 1) return { connection, place };
    const reached = { connection: located(connection, placeOf(place)), place };
    if (access === 'read' || connection.server.role !== 'replica') return reached;
    if (replica === undefined) replica = reached;
    else await connection.close();
    throw new Problem('refused', `${placeOf(place)} is a replica`, 'name the primary in the connection too');
  };
  try {
    const reached = await openFirst(places, timeoutMs, open);
    await replica?.connection.close();
    return reached;
  } catch (error) {
    if (replica === undefined || !(error instanceof Problem)) throw error;
    return replica;
  }
}
