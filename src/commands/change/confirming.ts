import type { ChangeKind } from '../../changes/change.ts';
import { CONFIRM_MS, type Confirmation, needsReason, phraseOf } from '../../changes/confirm.ts';
import type { Plan } from '../../changes/plan.ts';
import { Problem } from '../../model/problem.ts';
import { visible } from '../../model/text.ts';
import { ask } from '../ask.ts';
import { EXIT, type ExitCode, type GuardedOptions } from '../command.ts';
import { commandLine } from './command-line.ts';
import type { Session } from './session.ts';

/** The phrase as an option, for a message. */
const option = (phrase: string): string => commandLine([['--confirm', phrase]]);

/**
 * What was said on the command line.
 * @throws Problem blocked, when the phrase or the reason is not there
 */
export function saidConfirmation(kind: ChangeKind, plan: Plan, { confirm, reason }: GuardedOptions): Confirmation {
  const phrase = phraseOf(kind.tier, plan);
  if (confirm === undefined && phrase !== '') {
    throw new Problem('blocked', 'the change is not confirmed: nobody is here to ask', `give ${option(phrase)}`);
  }
  return { phrase: confirm ?? '', reason };
}

/**
 * Asks the person at the terminal, who has read the plan, for the reason and the phrase, within a minute.
 * @returns an exit code when they left
 * @throws Problem blocked, when the minute is over
 */
export async function askConfirmation(
  session: Session,
  kind: ChangeKind,
  plan: Plan,
  reason: string | undefined,
): Promise<Confirmation | ExitCode> {
  const phrase = phraseOf(kind.tier, plan);
  if (phrase === '') return { phrase, reason };
  const left = session.interruption.signal;
  const seconds = CONFIRM_MS / 1000;
  if ((await ask(`\nEnter goes on, with ${seconds} s to confirm; Ctrl-C leaves`, '', left)) === undefined)
    return leaving(session);
  // From here the figures grow old.
  const late = AbortSignal.timeout(CONFIRM_MS);
  const either = AbortSignal.any([left, late]);
  const answered = async (question: string): Promise<string | undefined> => {
    const answer = await ask(question, '', either);
    if (answer === undefined && late.aborted) {
      process.stdout.write('\n');
      throw new Problem('blocked', `not confirmed within ${seconds} s: nothing was done`, 'begin again');
    }
    return answer;
  };
  let why = reason;
  while (needsReason(kind, plan) && (why ?? '') === '') {
    why = await answered('reason (a ticket)');
    if (why === undefined) return leaving(session);
  }
  const typed = await answered(`type  ${visible(phrase, session.layout.ascii)}  to go on`);
  return typed === undefined ? leaving(session) : { phrase: typed, reason: why };
}

function leaving({ interruption }: Session): ExitCode {
  process.stdout.write('\n');
  process.stderr.write('apptop: nothing was done\n');
  return interruption.code ?? EXIT.interrupted;
}
