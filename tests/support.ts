import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again every 10 ms until the condition gives something truthy, and returns that.
 * @throws Error when the deadline passes; the condition's own error, if its last try threw, is the cause
 */
export async function poll<T>(
  condition: () => T | Promise<T>,
  { deadlineMs = 5_000, what = 'the condition' }: { deadlineMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${deadlineMs} ms`, { cause });
    await sleep(10);
  }
}
