import { setTimeout as sleep } from 'node:timers/promises';
import { settle, standingOf } from '../../changes/review/standing.ts';
import { count } from '../../model/format.ts';
import type { Asked } from '../change/asked.ts';
import { runChange } from '../change/run.ts';
import { note, type Session } from '../change/session.ts';
import { intervalMs } from '../check/interval.ts';
import { EXIT, type ExitCode, type GuardedOptions } from '../command.ts';

/** Milliseconds between two looks at what came of a retry. */
const LOOK_MS = 1_000;

/** The newest run of a change, by its number. */
async function newest({ path, interruption }: Session, change: string): Promise<number> {
  return (await path.runs(interruption.signal)).find((run) => run.change === change)?.id ?? 0;
}

/**
 * Retries and waits until the database says of each row how that ended, then takes those off the queue that are synced.
 * @param wait the longest wait: `60s`, `5m`
 * @returns 0 where every row is synced; 1 where some failed again or nobody told in time; else as the run
 * @throws Problem
 */
export async function retryAndWait(
  session: Session,
  asked: Asked,
  options: GuardedOptions,
  wait: string,
): Promise<ExitCode> {
  const ms = intervalMs(wait, 'wait');
  const before = await newest(session, asked.change);
  const code = await runChange(session, asked, options);
  const run = await newest(session, asked.change);
  if (run === before || (code !== EXIT.healthy && code !== EXIT.warning)) return code;
  const deadline = performance.now() + ms;
  const { database, context, path, interruption } = session;
  const { signal } = interruption;
  for (;;) {
    const { retrying, succeeded, failedAgain } = await standingOf(database, context, run, { lane: 'rows', signal });
    if (retrying > 0 && performance.now() < deadline && !signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    note(`${count(succeeded)} synced, ${count(failedAgain)} failed again, ${count(retrying)} still retrying`);
    if (signal.aborted) return interruption.code ?? EXIT.interrupted;
    if (succeeded > 0) await settle(path, signal);
    return retrying + failedAgain > 0 ? EXIT.warning : code;
  }
}
