import { setTimeout as sleep } from 'node:timers/promises';
import { renderConsole } from '../../src/screens/console.tsx';
import type { DrawOptions, Screen, Services } from '../../src/screens/contract.ts';
import { poll } from '../support.ts';
import { FakeTerminal } from './tty.ts';

export interface OpenOptions extends Partial<DrawOptions> {
  readonly columns?: number;
  readonly rows?: number;
}

/** Ink takes a lone Esc for the beginning of a sequence until 20 ms have passed. */
const LONE_ESCAPE_MS = 30;

/** Things a person does at a console, one after another; each waits until the screen shows what was asked for. */
class Steps implements PromiseLike<void> {
  readonly #driver: Driver;
  #done: Promise<void> = Promise.resolve();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** Presses keys by their names: `j`, `enter`, `escape`. */
  press(...keys: readonly string[]): this {
    return this.#add(async () => {
      for (const key of keys) {
        this.#driver.terminal.type(key);
        await sleep(key === 'escape' ? LONE_ESCAPE_MS : 0);
      }
    });
  }

  /** Types a text in one go, as it arrives over a slow link. */
  type(text: string): this {
    return this.#add(async () => {
      this.#driver.terminal.type(text);
      // What comes after it is another chunk: in one with it, a key would be part of a paste.
      await sleep(0);
    });
  }

  paste(text: string): this {
    return this.#add(() => this.#driver.terminal.paste(text));
  }

  resize(columns: number, rows: number): this {
    return this.#add(() => this.#driver.terminal.resize(columns, rows));
  }

  sees(...texts: readonly (string | RegExp)[]): this {
    return this.#add(async () => {
      for (const text of texts) await this.#until(text, true);
    });
  }

  seesNot(...texts: readonly (string | RegExp)[]): this {
    return this.#add(async () => {
      for (const text of texts) await this.#until(text, false);
    });
  }

  /** Does something from outside, such as changing the database. */
  after(act: () => unknown): this {
    return this.#add(act);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- steps are there to be awaited
  then<A = void, B = never>(
    fulfilled?: ((value: void) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return this.#done.then(fulfilled, rejected);
  }

  #add(act: () => unknown): this {
    this.#done = this.#after(this.#done, act);
    return this;
  }

  async #after(before: Promise<void>, act: () => unknown): Promise<void> {
    await before;
    await act();
  }

  async #until(text: string | RegExp, wanted: boolean): Promise<void> {
    const shown = async () => {
      const screen = await this.#driver.text();
      return typeof text === 'string' ? screen.includes(text) : text.test(screen);
    };
    try {
      await poll(async () => (await shown()) === wanted);
    } catch {
      const screen = await this.#driver.text();
      throw new Error(`${wanted ? 'not on' : 'still on'} the screen: ${text}\n${screen}`);
    }
  }
}

export class Driver {
  readonly terminal: FakeTerminal;
  /** The exit code, when it ends. */
  readonly ended: Promise<number>;
  readonly #quit: (code: number) => void;

  constructor(terminal: FakeTerminal, ended: Promise<number>, quit: (code: number) => void) {
    this.terminal = terminal;
    this.ended = ended;
    this.#quit = quit;
  }

  press(...keys: readonly string[]): Steps {
    return new Steps(this).press(...keys);
  }

  type(text: string): Steps {
    return new Steps(this).type(text);
  }

  paste(text: string): Steps {
    return new Steps(this).paste(text);
  }

  resize(columns: number, rows: number): Steps {
    return new Steps(this).resize(columns, rows);
  }

  sees(...texts: readonly (string | RegExp)[]): Steps {
    return new Steps(this).sees(...texts);
  }

  after(act: () => unknown): Steps {
    return new Steps(this).after(act);
  }

  async text(): Promise<string> {
    return (await this.terminal.lines()).join('\n');
  }

  /** Whether only sequences that move, colour or set modes were sent: none that a value could have brought. */
  hasNoRawEscapes(): boolean {
    const known = /\u001b\[[0-9;?]*[A-Za-z]|\u001b\]52;c;[A-Za-z0-9+/=]*\u0007|[\n\r]/g;
    return !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(this.terminal.sent.replace(known, ''));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#quit(0);
    await this.ended;
    this.terminal.close();
  }
}

/** Opens the console on a terminal in memory; `await using` closes it. */
export async function openConsole(
  services: Services,
  options: OpenOptions = {},
  screens?: readonly Screen[],
): Promise<Driver> {
  const { columns = 80, rows = 24, ...draw } = options;
  const terminal = new FakeTerminal(columns, rows);
  const { ended, quit } = renderConsole(
    services,
    { ascii: false, lowBandwidth: false, noColor: false, screenReader: false, ...draw },
    terminal,
    screens,
  );
  return new Driver(terminal, ended, quit);
}
