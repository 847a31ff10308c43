import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Whether there is a person to ask. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/**
 * @param signal takes the question back when it aborts
 * @returns the trimmed answer, `preset` for an empty one, undefined when the person left with Ctrl-C or Ctrl-D, or the
 * question was taken back
 */
export async function ask(question: string, preset = '', signal?: AbortSignal): Promise<string | undefined> {
  const prompt = `${question}${preset === '' ? '' : ` [${preset}]`}: `;
  const answer = await readLine(process.stdout, (lines) => lines.question(prompt), signal);
  return answer === undefined ? undefined : answer.trim() || preset;
}

/** As `ask`, but what is typed is not shown, and not trimmed. */
export async function askSecret(question: string): Promise<string | undefined> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await readLine(unseen, (lines) => {
    // Only now the terminal shows nothing by itself of what is typed.
    process.stdout.write(`${question}: `);
    return lines.question('');
  });
  process.stdout.write('\n');
  return answer;
}

async function readLine(
  output: NodeJS.WritableStream,
  asks: (lines: Interface) => Promise<string>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output, terminal: true, ...(signal && { signal }) });
  // Without these, Ctrl-C and Ctrl-D would leave the question open for good.
  const left = new Promise<undefined>((resolve) => {
    lines.once('SIGINT', () => resolve(undefined));
    lines.once('close', () => resolve(undefined));
  });
  try {
    return await Promise.race([asks(lines), left]);
  } finally {
    lines.close();
  }
}
