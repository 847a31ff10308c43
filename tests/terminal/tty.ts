import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';

/** What a person's keyboard sends. A name that is not here is typed as it is. */
const KEYS: Readonly<Record<string, string>> = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pageup: '\u001b[5~',
  pagedown: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
  enter: '\r',
  escape: '\u001b',
  tab: '\t',
  space: ' ',
  backspace: '\u007f',
  'ctrl-c': '\u0003',
  'ctrl-u': '\u0015',
  'ctrl-\\': '\u001c',
};

class FakeInput extends PassThrough {
  readonly isTTY = true;
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

class FakeOutput extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  readonly #write: (data: string) => void;

  constructor(columns: number, rows: number, write: (data: string) => void) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
    this.#write = write;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#write(String(chunk));
    done();
  }
}

/** A terminal in memory: what is written to `stdout` can be read as a person would see it. */
export class FakeTerminal {
  readonly stdin = new FakeInput();
  readonly stdout: FakeOutput;
  /** Everything that was ever sent, with its escape sequences. */
  sent = '';
  readonly #terminal: xterm.Terminal;

  constructor(columns: number, rows: number) {
    // A kernel's terminal in raw mode still makes CR LF of LF.
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      convertEol: true,
      allowProposedApi: true,
      scrollback: 0,
    });
    this.stdout = new FakeOutput(columns, rows, (data) => {
      this.sent += data;
      this.#terminal.write(data);
    });
  }

  /** The lines on screen, without the blanks at their ends. */
  async lines(): Promise<readonly string[]> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: this.#terminal.rows }, (_, row) => active.getLine(active.viewportY + row));
    return rows.map((line) => line?.translateToString(true) ?? '');
  }

  /** The column in which a text begins on the line that holds it, counted in cells as the terminal counts them. */
  async columnsOf(text: string): Promise<readonly number[]> {
    const lines = await this.lines();
    const { active } = this.#terminal.buffer;
    return lines.flatMap((line, row) => {
      if (!line.includes(text)) return [];
      const cells = Array.from({ length: this.#terminal.cols }, (_, column) => active.getLine(row)?.getCell(column));
      const starts = cells.map((_, column) =>
        cells
          .slice(column)
          .map((cell) => cell?.getChars() ?? '')
          .join(''),
      );
      return [starts.findLastIndex((rest) => rest.startsWith(text))];
    });
  }

  /** Whether the alternate screen is shown. */
  async inAlternateScreen(): Promise<boolean> {
    await this.lines();
    return this.#terminal.buffer.active.type === 'alternate';
  }

  type(key: string): void {
    this.stdin.write(KEYS[key] ?? key);
  }

  paste(text: string): void {
    this.stdin.write(`\u001b[200~${text}\u001b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.stdout.columns = columns;
    this.stdout.rows = rows;
    this.#terminal.resize(columns, rows);
    this.stdout.emit('resize');
  }

  close(): void {
    this.#terminal.dispose();
  }
}
