import type { HttpCheck } from '../../config/own-checks.ts';
import { webAddress } from '../../config/redact.ts';
import { Problem } from '../../model/problem.ts';
import type { Check, Finding } from '../check.ts';
import { ownCheck } from './own.ts';

/** Characters of an answer that are looked at. */
const READ_CHARACTERS = 1_000_000;

async function look({ url, status, contains, timeoutMs }: HttpCheck, signal: AbortSignal): Promise<Finding> {
  const place = webAddress(url);
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await fetch(url, { signal: limit, redirect: 'manual', headers: { 'user-agent': 'apptop' } });
    const text = contains === undefined ? '' : (await answer.text()).slice(0, READ_CHARACTERS);
    const right = answer.status === status && (contains === undefined || text.includes(contains));
    const lacking = answer.status === status ? `, without "${contains}"` : `, wanted ${status}`;
    return {
      violations: right ? 0 : 1,
      sample: [],
      figure: `${place} answers ${answer.status}${right ? '' : lacking}`,
    };
  } catch (error) {
    if (signal.aborted) throw new Problem('cancelled', 'the check was cancelled', 'run it again');
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    if (why === 'bad port') {
      throw new Problem('config', `${place} is never asked: clients block this port`, 'give another address');
    }
    // Nobody answering is what this check looks for.
    return { violations: 1, sample: [], figure: `${place} does not answer: ${why}` };
  }
}

/** A check that an HTTP address answers as it should. */
export function httpCheck(check: HttpCheck): Check {
  return {
    ...ownCheck(check, `${webAddress(check.url)} answers ${check.status}`, 'see whether the service runs'),
    lookOutside: (signal) => look(check, signal),
  };
}
