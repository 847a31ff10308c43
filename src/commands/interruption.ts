import { EXIT, type ExitCode } from './command.ts';

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;
type Ending = keyof typeof CODES;

/** Aborts when a person or the system wants the command to end. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that says who ended it; undefined while nobody did. */
  readonly code: ExitCode | undefined;
}

/** From now on the first of these signals aborts; a second one, whichever it is, ends the process at once. */
export function interruption(signals: readonly Ending[] = ['SIGINT', 'SIGTERM']): Interruption {
  const controller = new AbortController();
  let code: ExitCode | undefined;
  const listeners = signals.map((name) => {
    const listener = () => {
      for (const [other, its] of listeners) process.off(other, its);
      code = CODES[name];
      controller.abort();
    };
    return [name, listener] as const;
  });
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
  };
}
