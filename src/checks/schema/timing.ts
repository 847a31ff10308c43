import { sql } from 'kysely';
import type { TimedQuery } from '../../config/context.ts';
import type { Row } from '../../data/connection.ts';
import { duration, milliseconds } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable } from '../check.ts';
import { found, SHOWN_CHARACTERS } from '../known-tables.ts';

/** A query is given this many turns and judged by its best: a cold cache or a busy moment is no alarm. */
const TURNS = 3;

async function longLocks(ground: Ground): Promise<Finding | NotApplicable> {
  const answer = await ground.introspect((introspection, connection) => introspection.locks(connection));
  if ('unavailable' in answer) return { notApplicable: answer.unavailable };
  const limit = ground.context.thresholds.lockSeconds;
  const long = answer.locks.filter(({ seconds }) => seconds !== undefined && seconds > limit);
  const oldest = Math.max(0, ...answer.locks.map(({ seconds }) => seconds ?? 0));
  return found(
    long.map(({ holder, user, object, mode, waiting, seconds, statement }) => ({
      pk: holder,
      user,
      object,
      mode,
      state: waiting ? 'waits' : 'holds',
      for: duration(seconds ?? 0),
      statement: statement?.slice(0, SHOWN_CHARACTERS) ?? null,
    })),
    `oldest ${duration(oldest)}, limit ${duration(limit)}`,
  );
}

/** The best time of a query in milliseconds, or what is wrong with it. */
async function bestOf(ground: Ground, query: TimedQuery): Promise<number | string> {
  let best = Number.POSITIVE_INFINITY;
  try {
    for (let turn = 0; turn < TURNS && best > query.maxMs; turn += 1) {
      const began = performance.now();
      await ground.query(sql.raw(query.sql));
      best = Math.min(best, performance.now() - began);
    }
    return best;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.kind === 'timeout') return `stopped after ${milliseconds(ground.context.statementTimeoutMs)}`;
    // The query's own fault is its result; a lost connection is everybody's.
    if (['sql', 'missing', 'refused'].includes(error.kind)) return error.message;
    throw error;
  }
}

async function timedQueries(ground: Ground): Promise<Finding | NotApplicable> {
  const { timedQueries: queries } = ground.context;
  if (queries.length === 0) return { notApplicable: 'needs timedQueries in the config' };
  // The first statement of a lane opens its connection, which is not the query's time.
  await ground.query(sql`SELECT 1 AS ready`);
  const slow: Row[] = [];
  const figures: string[] = [];
  for (const query of queries) {
    const best = await bestOf(ground, query);
    const took = typeof best === 'string' ? best : milliseconds(best);
    figures.push(`${query.name} ${took}`);
    if (typeof best === 'number' && best <= query.maxMs) continue;
    slow.push({ pk: query.name, took, limit: milliseconds(query.maxMs) });
  }
  return found(slow, figures.join(' · '));
}

/** How long things take. */
export const TIMING_CHECKS: readonly DatabaseCheck[] = [
  {
    id: 'schema/no-long-locks',
    title: 'No lock is held for long',
    system: 'schema',
    phases: ['pre', 'monitor'],
    severity: 'stop',
    reason: 'A migration waits behind the lock, and every appointment behind the migration.',
    remedy: 'Find out whose session it is; end its transaction there, or end the session on the server.',
    look: longLocks,
  },
  {
    id: 'schema/timed-queries',
    title: 'The watched queries are fast enough',
    system: 'schema',
    phases: ['post', 'monitor'],
    severity: 'warn',
    reason: 'These are the queries that people wait for.',
    remedy: 'Look at the plan with EXPLAIN; check schema/hotfix-indexes, and let the server analyze the table.',
    look: timedQueries,
  },
];
