/**
 * Runs what keys do, one after another. The first runs at once; of several that arrived together each next one waits
 * until the one before is drawn, so that `?` and `q` in one chunk open and close the help instead of quitting.
 */
export class KeyQueue {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  add(run: () => void): void {
    if (this.#busy) {
      this.#waiting.push(run);
      return;
    }
    this.#busy = true;
    // Released before the key runs: a key that throws must not silence the ones after it.
    setImmediate(() => this.#next());
    run();
  }

  #next(): void {
    this.#busy = false;
    const run = this.#waiting.shift();
    if (run !== undefined) this.add(run);
  }
}
