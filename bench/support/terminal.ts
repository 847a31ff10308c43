import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** Something that a program sent. */
interface Chunk {
  /** `performance.now()` of its arrival. */
  readonly at: number;
  readonly bytes: number;
}

interface Waiting {
  readonly holds: (screen: string) => boolean;
  readonly resolve: (at: number) => void;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program in a real terminal that notes when each byte arrived. */
export class Terminal {
  /** `performance.now()` of the start. */
  readonly startedAt: number;
  readonly #pty: ReturnType<typeof spawn>;
  readonly #screen: xterm.Terminal;
  readonly #chunks: Chunk[] = [];
  readonly #ended: Promise<void>;
  #waiting: Waiting | undefined;

  constructor([file = '', ...args]: readonly string[], options: TerminalOptions = {}) {
    const { columns = 120, rows = 40, env = {} } = options;
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.startedAt = performance.now();
    this.#pty = spawn(file, args, {
      cols: columns,
      rows,
      env: { ...process.env, TERM: 'xterm-256color', ...env },
      encoding: null,
    });
    this.#pty.onData((data: string | Uint8Array) => this.#receive(data));
    // Some programs ask the terminal where its cursor is and wait for the answer.
    this.#screen.onData((answer) => this.#pty.write(answer));
    this.#ended = new Promise((resolve) => this.#pty.onExit(() => resolve()));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** What the program sent from one moment of `performance.now()` to another. */
  bytesBetween(from: number, to: number): number {
    return this.#chunks.filter(({ at }) => at >= from && at <= to).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The lines of the screen. */
  get text(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from(
      { length: this.#screen.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    );
    return lines.join('\n');
  }

  /** @returns the moment of `performance.now()` at which the keys were written */
  press(keys: string): number {
    const at = performance.now();
    this.#pty.write(keys);
    return at;
  }

  /**
   * Waits until the screen fulfils a condition.
   * @returns the moment of `performance.now()` at which the bytes arrived that made it so
   * @throws Error with the screen when the deadline passes
   */
  async until(what: string, holds: (screen: string) => boolean, deadlineMs = 60_000): Promise<number> {
    if (holds(this.text)) return performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const late = setTimeout(
      () => reject(new Error(`${what} did not come within ${deadlineMs} ms:\n${this.text}`)),
      deadlineMs,
    );
    this.#waiting = { holds, resolve };
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#waiting = undefined;
    }
  }

  /** Ends the program at once. */
  async end(): Promise<void> {
    this.#pty.kill('SIGTERM');
    const late = setTimeout(() => this.#pty.kill('SIGKILL'), 3_000);
    await this.#ended;
    clearTimeout(late);
    this.#screen.dispose();
  }

  #receive(data: string | Uint8Array): void {
    const at = performance.now();
    this.#chunks.push({ at, bytes: Buffer.byteLength(data) });
    this.#screen.write(data, () => {
      if (this.#waiting?.holds(this.text)) this.#waiting.resolve(at);
    });
  }
}
