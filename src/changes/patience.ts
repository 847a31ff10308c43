import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/problem.ts';

/** Milliseconds before the next try after a lock or a loss; doubled up to the longest. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;
/** Milliseconds for which a database may be away before a run is left as it is, to be resumed. */
const PATIENCE_MS = 120_000;

export const isKind = (error: unknown, ...kinds: readonly Problem['kind'][]): error is Problem =>
  error instanceof Problem && kinds.includes(error.kind);

/** Pauses between tries, each longer than the one before. */
export async function* pauses(): AsyncGenerator<void> {
  for (let ms = FIRST_RETRY_MS; ; ms = Math.min(LONGEST_RETRY_MS, ms * 2)) {
    yield;
    await sleep(ms);
  }
}

/**
 * Tries something again while it fails in a passing way.
 * @throws its Problem when that lasts for too long, or this process has to leave
 */
export async function patiently<Answer>(work: () => Promise<Answer>, leave: AbortSignal): Promise<Answer> {
  const deadline = performance.now() + PATIENCE_MS;
  for await (const _ of pauses()) {
    try {
      return await work();
    } catch (error) {
      const passing = isKind(error, 'lost', 'unreachable', 'locked', 'busy', 'timeout', 'refused');
      if (!passing || performance.now() > deadline || leave.aborted) throw error;
    }
  }
  throw new Error('the pauses ended');
}
