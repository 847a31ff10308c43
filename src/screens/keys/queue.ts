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
    try {
      run();
    } finally {
      // React plans a drawing in a microtask and draws in an immediate: this one comes behind it. A key that throws
      // must not silence the ones after it.
      queueMicrotask(() => setImmediate(() => this.#next()));
    }
  }

  #next(): void {
    this.#busy = false;
    const run = this.#waiting.shift();
    if (run !== undefined) this.add(run);
  }
}
