import type { Run } from '../model/run.ts';

/** How far a run was: milliseconds of work, rows looked at, rows changed, rows that the next batch looks at. */
export type BatchPoint = [workedMs: number, scanned: number, changed: number, batchSize: number];

/** The way of a run through its table, as it is kept. */
export interface KeptBatches {
  /** How many there were. */
  readonly count: number;
  /** From the first to the last of them, many left out. */
  readonly points: BatchPoint[];
}

/** Points that are kept: some 5 kB. */
const MOST = 200;

/** Remembers how a run went on, evenly over all of its batches however many there are. */
export class BatchTrace {
  #points: BatchPoint[] = [];
  #last: BatchPoint | undefined;
  #seen = 0;
  /** Of so many batches one is kept. */
  #stride = 1;

  saw({ workedMs, counts, batchSize }: Pick<Run, 'workedMs' | 'counts' | 'batchSize'>): void {
    const point: BatchPoint = [Math.round(workedMs), counts.scanned, counts.changed, batchSize];
    // A reason that changes, or a pass that ends, is no batch.
    if (this.#last !== undefined && point[1] === this.#last[1] && point[2] === this.#last[2]) return;
    this.#last = point;
    if (this.#seen % this.#stride === 0) this.#points.push(point);
    this.#seen += 1;
    if (this.#points.length <= MOST) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  /** undefined before the second one: there is no way to tell. */
  get kept(): KeptBatches | undefined {
    if (this.#last === undefined || this.#seen < 2) return undefined;
    const points = this.#points.at(-1) === this.#last ? this.#points : [...this.#points, this.#last];
    // What was seen first is where it began.
    return { count: this.#seen - 1, points };
  }
}
