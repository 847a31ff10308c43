/** Milliseconds of work that the rate is taken from. */
const WINDOW_MS = 10_000;

interface Sample {
  /** Milliseconds of work before it. */
  readonly at: number;
  readonly rows: number;
}

/** How fast a run is, by its last ten seconds; time in which it waits for others counts for nothing. */
export class RecentRate {
  readonly #samples: Sample[] = [];
  #worked = 0;
  #lookedAt: number | undefined;
  #waiting = false;

  /**
   * Takes in how far a run is.
   * @param rows that it has looked at
   * @param waiting whether from now on it waits for others
   */
  saw(rows: number, waiting: boolean, now = performance.now()): void {
    if (this.#lookedAt !== undefined && !this.#waiting) this.#worked += now - this.#lookedAt;
    [this.#lookedAt, this.#waiting] = [now, waiting];
    this.#samples.push({ at: this.#worked, rows });
    // One sample at the window's edge or before it stays: the rate is taken from there.
    while ((this.#samples[1]?.at ?? Number.POSITIVE_INFINITY) <= this.#worked - WINDOW_MS) this.#samples.shift();
  }

  /** Rows a second; undefined until there is something to tell it by. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return undefined;
    return ((last.rows - first.rows) / (last.at - first.at)) * 1000;
  }
}
