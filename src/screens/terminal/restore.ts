/** Leave the alternate screen, show the cursor, no bracketed paste, no colour: for when Ink can't say it itself. */
const RESTORE = '\u001b[?1049l\u001b[?25h\u001b[?2004l\u001b[0m';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** A terminal that is gone is a hang-up, whether the signal came or not. */
const HUNG_UP = SIGNALS.SIGHUP;

export type TerminalInput = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
};
export type TerminalOutput = NodeJS.WritableStream & { readonly isTTY?: boolean };

interface Guarded {
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  /** Restores the terminal and ends the console. */
  readonly quit: (code: number) => void;
  /** The same, because of a bug. */
  readonly fail: (error: unknown) => void;
}

/** Watches everything that can end the process, so that nothing leaves the terminal as the console had it. */
export function guardTerminal({ stdin, stdout, quit, fail }: Guarded) {
  const hangUp = () => quit(HUNG_UP);
  const signals = Object.entries(SIGNALS).map(([name, code]) => [name, () => quit(code)] as const);
  // The last resort: something called process.exit, or Ink's own way out failed.
  const restore = () => {
    // What is written to a terminal is there at once, also while the process exits.
    if (stdout.isTTY) stdout.write(RESTORE);
    if (stdin.isTTY) stdin.setRawMode?.(false);
  };
  for (const [name, listener] of signals) process.on(name, listener);
  // Before whoever prints the error: what is written to the alternate screen goes with it.
  process.prependListener('uncaughtException', fail);
  process.on('exit', restore);
  stdin.on('end', hangUp);
  // EIO and EPIPE: these two stay, since what is written on the way out fails as well.
  stdin.on('error', hangUp);
  stdout.on('error', hangUp);
  return {
    /** The terminal is as it was found: nothing is left to guard. */
    release(): void {
      // Not while a signal is told to its listeners: Ink's would find itself the last one, and kill the process with it.
      setImmediate(() => {
        for (const [name, listener] of signals) process.off(name, listener);
      });
      process.off('uncaughtException', fail);
      process.off('exit', restore);
      stdin.off('end', hangUp);
    },
  };
}
