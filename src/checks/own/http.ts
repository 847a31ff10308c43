import type { HttpCheck } from '../../config/own-checks.ts';
import { webAddress } from '../../config/redact.ts';
import { Problem } from '../../model/problem.ts';
import type { Check, Finding } from '../check.ts';
import { ownCheck } from './own.ts';

/** Characters of an answer that are looked at. */
const READ_CHARACTERS = 1_000_000;

/** The beginning of an answer, of which the rest is never fetched. */
async function beginning({ body }: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= READ_CHARACTERS) break;
  }
  return text;
}

/** An address as it is asked: user and password go into a header, where no message repeats them. */
function asked(url: string): { readonly address: string; readonly headers: Readonly<Record<string, string>> } {
  const agent = { 'user-agent': 'apptop' };
  const address = URL.parse(url);
  if (address === null || (address.username === '' && address.password === '')) return { address: url, headers: agent };
  const who = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`;
  [address.username, address.password] = ['', ''];
  const authorization = `Basic ${Buffer.from(who).toString('base64')}`;
  return { address: address.href, headers: { ...agent, authorization } };
}

async function look({ url, status, contains, timeoutMs }: HttpCheck, signal: AbortSignal): Promise<Finding> {
  const place = webAddress(url);
  const { address, headers } = asked(url);
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await fetch(address, { signal: limit, redirect: 'manual', headers });
    const text = contains === undefined ? '' : await beginning(answer);
    if (contains === undefined) await answer.body?.cancel();
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
    const why = (cause instanceof Error ? cause.message : String(cause)).replaceAll(address, place);
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
