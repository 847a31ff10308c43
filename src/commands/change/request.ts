import { setTimeout as sleep } from 'node:timers/promises';
import { isOpen, type Run, type RunRequest } from '../../model/run.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { documentOf, runFields } from './documents.ts';
import { endLines, nextSteps } from './end-lines.ts';
import { note, print, type Session } from './session.ts';

/** Milliseconds that the holder of a run gets to do what it is asked: a batch takes 100, a throttled run looks each 250. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 250;

const isSettled = ({ state }: Run, request: RunRequest): boolean =>
  request === 'pause' ? state !== 'running' : !isOpen(state);

/**
 * Asks a run to pause or to end, and waits until it has.
 * @returns 0 when it did, 1 when its holder has not got to it yet
 * @throws Problem
 */
export async function requestOf(session: Session, request: RunRequest, id: number | undefined): Promise<ExitCode> {
  const { context, path, interruption, json } = session;
  const { signal } = interruption;
  const asked = await path.ask(id, request);
  const deadline = performance.now() + PATIENCE_MS;
  let run = asked;
  for (;;) {
    run = (await path.runs(signal)).find((candidate) => candidate.id === asked.id) ?? asked;
    if (isSettled(run, request) || performance.now() > deadline || signal.aborted) break;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  if (interruption.code !== undefined) return interruption.code;
  if (json) process.stdout.write(jsonText(documentOf(context, { run: runFields(run) })));
  else print(endLines({ run, failed: [] }, session));
  if (!isSettled(run, request)) {
    note(`asked to ${request}; its holder does so at the end of its batch`);
    return EXIT.warning;
  }
  for (const step of nextSteps(session, run)) note(step);
  return EXIT.healthy;
}
