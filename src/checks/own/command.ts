import type { CommandCheck } from '../../config/own-checks.ts';
import { failureOf, lastLine, runProgram } from '../../config/program.ts';
import type { Check, Finding } from '../check.ts';
import { ownCheck } from './own.ts';

async function look({ command, folder, timeoutMs }: CommandCheck, signal: AbortSignal): Promise<Finding> {
  const [program = ''] = command;
  const remedy = 'check the command of this check in the config';
  const end = await runProgram(command, { folder, timeoutMs, signal, remedy });
  const failure = failureOf(program, end);
  if (failure === undefined) return { violations: 0, sample: [], figure: lastLine(end.stdout) || undefined };
  return { violations: 1, sample: [], figure: failure };
}

/** A check that a command ends with 0. It gets no shell and no input. */
export function commandCheck(check: CommandCheck): Check {
  const [program = ''] = check.command;
  return {
    ...ownCheck(check, `${program} ends with 0`, 'run the command by hand and read what it says'),
    lookOutside: (signal) => look(check, signal),
  };
}
