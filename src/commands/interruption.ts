import { EXIT, type ExitCode } from './command.ts';

/** Aborts when a person or the system wants the command to end. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that says who ended it; undefined while nobody did. */
  readonly code: ExitCode | undefined;
}

/** From now on the first SIGINT or SIGTERM aborts the signal; a second one ends the process at once. */
export function interruption(): Interruption {
  const controller = new AbortController();
  let code: ExitCode | undefined;
  const end = (as: ExitCode) => () => {
    code ??= as;
    controller.abort();
  };
  process.once('SIGINT', end(EXIT.interrupted));
  process.once('SIGTERM', end(EXIT.terminated));
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
  };
}
