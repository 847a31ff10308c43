import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { LAUNCHER } from '../build/program.ts';
import { poll } from '../support.ts';

/**
 * Says the terminal's settings, runs the program in the foreground of its terminal, and says what is left: its exit
 * code and the settings again. In the background of the shell, so that its pid is known. A Ctrl-C that comes before the
 * program reads keys is a signal to both: the shell lives on and waits for the program's own end.
 */
const SHELL = `trap : INT; echo "before $(stty -g)"; "$@" <&3 & echo "pid $!"; wait $!; code=$?
while kill -0 $! 2>/dev/null; do wait $!; code=$?; done; echo "exit $code"; echo "after $(stty -g)"`;

/** A bug, planted for SIGUSR2. */
const PLANT = `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('planted'); })`;

interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The built program in a real terminal, under a shell as a person's. */
export class PtySession {
  readonly #terminal: xterm.Terminal;
  readonly #pty: ReturnType<typeof spawn>;
  #sent = '';

  constructor(args: readonly string[], { columns = 80, rows = 24, env = {} }: PtyOptions = {}) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const command = [process.execPath, '--import', PLANT, LAUNCHER, ...args];
    this.#pty = spawn('sh', ['-c', `exec 3<&0; ${SHELL}`, 'sh', ...command], {
      cols: columns,
      rows,
      env: { ...process.env, TERM: 'xterm-256color', ...env },
    });
    this.#pty.onData((data) => {
      this.#sent += data;
      this.#terminal.write(data);
    });
  }

  async text(): Promise<string> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
    return lines.join('\n').trimEnd();
  }

  async sees(text: string): Promise<void> {
    const shown = async () => (await this.text()).includes(text);
    await poll(shown, { deadlineMs: 10_000, what: text }).catch(async (cause: unknown) => {
      throw new Error(`not on the screen: ${text}\n${await this.text()}`, { cause });
    });
  }

  /** The program's process. */
  async pid(): Promise<number> {
    return Number(await this.#said(/pid (\d+)/));
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), signal);
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The terminal goes away, as when a connection breaks: the kernel tells the program when its session's leader ends. */
  hangUp(): void {
    this.#pty.kill('SIGKILL');
  }

  /** Waits for the end and tells the exit code and what of the terminal is not as it was found. */
  async end(): Promise<{ readonly code: number; readonly changed: readonly string[] }> {
    const code = Number(await this.#said(/exit (\d+)/));
    const after = await this.#said(/after (\S+)\r\n/);
    await this.text();
    const { modes, buffer } = this.#terminal;
    const changed = [
      after === (await this.#said(/before (\S+)\r\n/)) ? '' : 'settings',
      buffer.active.type === 'normal' ? '' : 'screen',
      modes.bracketedPasteMode ? 'paste' : '',
      // Turned off last, not on again.
      this.#sent.lastIndexOf('\u001b[?25h') < this.#sent.lastIndexOf('\u001b[?25l') ? 'cursor' : '',
    ];
    return { code, changed: changed.filter(Boolean) };
  }

  #said(pattern: RegExp): Promise<string> {
    return poll(() => pattern.exec(this.#sent)?.[1], { deadlineMs: 10_000, what: String(pattern) });
  }

  [Symbol.dispose](): void {
    this.#pty.kill('SIGKILL');
    this.#terminal.dispose();
  }
}
