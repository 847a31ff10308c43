/** Milliseconds that a batch of a run aims at which leaves no room to others. */
export const BATCH_MS = 100;

/** Rows of the first batch. */
export const FIRST_SIZE = 500;
const SMALLEST = 50;
/** Rows of a batch at the most. */
export const LARGEST = 5_000;
/**
 * The same where nobody is to be spared and a batch keeps only its own rows: of 5,000 one on PostgreSQL takes 40 ms, 4 of
 * which go to beginning and ending it. A move comes to 0.56 of the rate of one UPDATE so, and to 0.69 with these.
 */
export const LARGEST_ALONE = 20_000;

/** How much the newest batch counts in the average. */
const SMOOTHING = 0.4;

/**
 * The size of batches, so that each takes about as long as they aim at. Source: GitLab's BatchOptimizer, with its multiplier bounded to
 * 0.5 and 1.2: it shrinks at once and grows slowly.
 */
export class Pace {
  #size: number;
  readonly #fixed: boolean;
  #average: number | undefined;
  readonly #aimMs: number;
  readonly #largest: number;

  /**
   * @param size of the first batch; a resumed run goes on with its own
   * @param how what a batch aims at, in milliseconds, its rows at the most, and whether all have the same size, whatever they take
   */
  constructor(
    size: number = FIRST_SIZE,
    {
      aimMs = BATCH_MS,
      largest = LARGEST,
      fixed = false,
    }: { readonly aimMs?: number; readonly largest?: number; readonly fixed?: boolean } = {},
  ) {
    this.#aimMs = aimMs;
    this.#largest = largest;
    this.#fixed = fixed;
    this.#size = fixed ? size : Math.min(largest, Math.max(SMALLEST, size));
  }

  get size(): number {
    return this.#size;
  }

  /** Takes in how long a full batch took, in milliseconds. */
  took(ms: number): void {
    if (this.#fixed) return;
    this.#average = this.#average === undefined ? ms : this.#average + SMOOTHING * (ms - this.#average);
    const factor = Math.min(1.2, Math.max(0.5, this.#aimMs / Math.max(1, this.#average)));
    this.#size = Math.round(Math.min(this.#largest, Math.max(SMALLEST, this.#size * factor)));
  }
}
