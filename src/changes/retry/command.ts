import { failureOf, lastLine, runProgram } from '../../config/program.ts';
import { type CommandRetry } from '../../config/retry.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { CarriedOut } from '../batch-work.ts';
import { outsideAction } from './outside.ts';
import type { MakeStrategy, RetryItem, RetryResult } from './strategy.ts';

/** Appointments of one call. */
const MOST = 50;

const INTERRUPTED: RetryResult = {
  outcome: 'unknown',
  detail: 'apptop was ended while the command ran: look at the appointment before it is retried again',
  sets: {},
};

/** Runs the command for some appointments and says what came of each. */
async function runFor(
  items: readonly RetryItem[],
  { command, folder, timeoutMs, secrets }: CommandRetry,
  signal: AbortSignal,
): Promise<RetryResult> {
  const [program = ''] = command;
  const masked = (text: string) => secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  try {
    const remedy = 'look at retry.command in the config';
    const end = await runProgram([...command, ...items.map(({ row }) => row.pk)], {
      folder,
      timeoutMs,
      signal,
      remedy,
    });
    const failure = failureOf(program, end);
    return failure === undefined
      ? { outcome: 'queued', detail: masked(lastLine(end.stdout)) || `${program} ended with 0`, sets: {} }
      : { outcome: 'failed', detail: masked(failure), sets: {} };
  } catch (error) {
    if (!(error instanceof Problem) || error.kind === 'cancelled') throw error;
    return { outcome: error.kind === 'timeout' ? 'unknown' : 'failed', detail: error.message, sets: {} };
  }
}

/** One after the other: who asks for a pause waits for the one that runs. */
async function carryOut(
  items: readonly RetryItem[],
  retry: CommandRetry,
  signal: AbortSignal,
): Promise<CarriedOut<RetryItem>> {
  const groups = retry.per === 'batch' ? [items] : items.map((item) => [item]);
  const done: RetryItem[] = [];
  // The command itself is not stopped by a pause: what it has done would be unknown.
  const running = new AbortController();
  for (const group of groups) {
    if (signal.aborted) break;
    const result = await runFor(group, retry, running.signal);
    done.push(...group.map((item) => ({ ...item, result })));
  }
  return { items: done, halt: undefined };
}

/** Retries by a program of the application's. */
export const command: MakeStrategy = (ground) => {
  const retry = ground.context.retry?.command;
  if (retry === undefined) {
    const remedy = `add it to contexts.${ground.context.name} in the config`;
    throw new Problem('config', 'the strategy command needs retry.command', remedy);
  }
  // Its arguments may hold a secret.
  const [program = ''] = retry.command;
  return {
    action: outsideAction(ground, {
      // What was begun when apptop ended is unknown: no more than one row, or one call.
      most: retry.per === 'row' ? 1 : MOST,
      interrupted: INTERRUPTED,
      carryOut: (items, { signal }) => carryOut(items, retry, signal),
    }),
    words: {
      does: (rows) =>
        `runs ${program} for ${counted(rows, 'appointment')}, ${retry.per === 'row' ? 'one by one' : `up to ${MOST} at once`}`,
      sql: [],
      sample: ({ row }) => ({
        action: 'run',
        before: { calcom_sync_status: row.status },
        after: { calcom_sync_status: row.status },
      }),
      notes: ['what the command does is its own: the queue tells when the database says that an appointment is synced'],
      rowsPerSecond: 1,
    },
  };
};
