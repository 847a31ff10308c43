import { isMoving, isWaiting, progressOf } from '../../changes/progress.ts';
import { RecentRate } from '../../changes/rate.ts';
import { count, duration, percent } from '../../model/format.ts';
import type { Run } from '../../model/run.ts';
import { fit } from '../../model/text.ts';
import { note } from './session.ts';

/** Milliseconds between two lines: redrawn on a terminal, over a slow link, and in a pipe. */
const REDRAW_MS = 200;
const SLOW_MS = 1_000;
const PIPE_MS = 10_000;

const START_OF_LINE = '\r\u001b[K';

/** Where a run is, in one line: rows, rate, what is left at that rate, the size of batches and why it is slow. */
export function progressText(run: Run, rate: number | undefined): string {
  const perSecond = isMoving(run) ? rate : undefined;
  const { counts, pass, total, batchSize, reason } = run;
  const { share, left, seconds } = progressOf(run, perSecond);
  // A change without batches looks at no row.
  if (total === 0) return ['under way', ...(reason === undefined ? [] : [reason])].join('  ');
  const first = pass === 0;
  return [
    first
      ? `${count(Math.min(counts.scanned, total))} of ${count(total)} rows${share === undefined ? '' : `  ${percent(share)}`}`
      : `looks again at what was written meanwhile, sweep ${pass}`,
    ...(perSecond === undefined ? [] : [`${count(Math.round(perSecond))} rows/s`]),
    ...(first && left > 0 && seconds !== undefined ? [`ETA ${duration(Math.max(1, Math.round(seconds)))}`] : []),
    `batch ${count(batchSize)}`,
    ...(reason === undefined ? [] : [reason]),
  ].join('  ');
}

/** Shows on stderr how a run goes on: one line redrawn on a terminal, one every ten seconds in a pipe. */
export class Progress {
  readonly #rate = new RecentRate();
  readonly #ascii: boolean;
  readonly #timer: NodeJS.Timeout;
  #run: Run | undefined;
  #drawn = '';

  constructor({ ascii, lowBandwidth }: { readonly ascii: boolean; readonly lowBandwidth: boolean }) {
    this.#ascii = ascii;
    const everyMs = process.stderr.isTTY ? (lowBandwidth ? SLOW_MS : REDRAW_MS) : PIPE_MS;
    this.#timer = setInterval(() => this.#show(), everyMs);
  }

  /** The run as it was last heard of. */
  get run(): Run | undefined {
    return this.#run;
  }

  readonly saw = (run: Run): void => {
    this.#run = run;
    this.#rate.saw(run.counts.scanned, isWaiting(run));
  };

  /** A note in place of the line, which comes back below it. */
  say(text: string): void {
    this.#clear();
    note(text);
  }

  /** Takes the line away for good. */
  end(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    if (this.#drawn !== '') process.stderr.write(START_OF_LINE);
    this.#drawn = '';
  }

  #show(): void {
    const run = this.#run;
    if (run === undefined) return;
    const text = `run ${run.id}: ${progressText(run, this.#rate.perSecond)}`;
    if (!process.stderr.isTTY) return note(text);
    const line = fit(text, (process.stderr.columns || 80) - 1, { ascii: this.#ascii }).trimEnd();
    if (line !== this.#drawn) process.stderr.write(START_OF_LINE + line);
    this.#drawn = line;
  }
}
