import type { CheckResult } from '../../checks/check.ts';
import type { ChecksWord } from '../../checks/summary.ts';
import { runCommand } from '../../config/command.ts';
import type { Context } from '../../config/context.ts';
import type { Notify } from '../../config/notify.ts';
import { Problem } from '../../model/problem.ts';
import { jsonText } from '../json.ts';

const COMMAND_TIMEOUT_MS = 30_000;
const WEBHOOK_TIMEOUT_MS = 10_000;

/** What who is told is told: the verdicts, and the checks that did not pass. */
export const changeDocument = (
  context: Context,
  before: ChecksWord | undefined,
  verdict: ChecksWord,
  results: readonly CheckResult[],
  at: number,
) => ({
  version: 1,
  context: context.name,
  environment: context.environment,
  at: new Date(at).toISOString(),
  before: before ?? null,
  verdict,
  checks: results
    .filter((result) => result.verdict === 'fail' || result.verdict === 'could-not-tell')
    .map(({ check, violations, figure, note, ...result }) => ({
      id: check.id,
      title: check.title,
      severity: check.severity,
      verdict: result.verdict,
      violations,
      figure: figure ?? null,
      note: note ?? null,
      remedy: check.remedy,
    })),
});

async function tellCommand({ words, folder }: NonNullable<Notify['command']>, input: string, signal: AbortSignal) {
  const options = { folder, place: 'notify.command', timeoutMs: COMMAND_TIMEOUT_MS, signal, input };
  try {
    await runCommand(words, options);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [`${error.message}: ${error.remedy}`];
  }
}

/** Why a request failed, in words that can't hold the address. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return `took over ${WEBHOOK_TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? `failed: ${String(cause.code)}` : 'failed';
}

async function tellWebhook(url: URL, body: string, signal: AbortSignal): Promise<readonly string[]> {
  // Path, query and user may be what makes it secret.
  const shown = `notify.webhook: ${url.protocol}//${url.host}/***`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(WEBHOOK_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.ok ? [] : [`${shown} answered ${response.status}: check the address`];
  } catch (error) {
    return [`${shown} ${failureOf(error)}: check the address and the network`];
  }
}

/**
 * Tells a change to whom the config names.
 * @returns what did not work, a line each, without any secret
 */
export async function tell(
  { command, webhook }: Notify,
  document: ReturnType<typeof changeDocument>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const text = jsonText(document);
  const told = [
    ...(command === undefined ? [] : [tellCommand(command, text, signal)]),
    ...(webhook === undefined ? [] : [tellWebhook(webhook, text, signal)]),
  ];
  return (await Promise.all(told)).flat();
}
