import { setTimeout as sleep } from 'node:timers/promises';
import { asksDatabase, type CheckResult } from '../../checks/check.ts';
import { type ChecksWord, summarise } from '../../checks/summary.ts';
import { clock } from '../../model/format.ts';
import type { ExitCode } from '../command.ts';
import { awayLine, pipeLine, tally, terminalColumns, terminalLines, verdictText, widestId } from './lines.ts';
import { changeDocument, tell } from './notify.ts';
import { runOnce, type Session } from './session.ts';

const BACK = 'the database answers again';

/** What is compared from one run to the next. */
const stateOf = ({ verdict, violations }: CheckResult): string => `${verdict} ${violations}`;

/** The results that differ from those before; of checks that had none all that is no pass. */
function changes(results: readonly CheckResult[], before: ReadonlyMap<string, string>) {
  return results.filter((result) => {
    const was = before.get(result.check.id);
    return was === undefined ? result.verdict !== 'pass' : was !== stateOf(result);
  });
}

function print(results: readonly CheckResult[], session: Session, ascii: boolean): void {
  const [columns, id] = [terminalColumns(), widestId(session.checks)];
  for (const result of results) {
    const lines =
      columns === undefined
        ? [`${new Date(result.at).toISOString()}\t${pipeLine(result)}`]
        : terminalLines(result, { columns, ascii, time: `${clock(result.at, false)} `, id });
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
}

/**
 * Runs the checks again and again, prints what changes and tells whom the config names when the verdict does. What is
 * not HEALTHY at the start counts as a change: nobody may have been told.
 * @returns the exit code of whoever ended it
 */
export async function watch(session: Session, everyMs: number, ascii: boolean): Promise<ExitCode> {
  const { context, interruption } = session;
  let states: ReadonlyMap<string, string> = new Map();
  let before: ChecksWord | undefined;
  let away: string | undefined;
  for (;;) {
    let awayNow: string | undefined;
    const results = await runOnce(session, {
      onAway: (problem) => {
        awayNow = awayLine(problem);
      },
    });
    const verdict = summarise(results);
    if (interruption.code !== undefined) return interruption.code;
    if (awayNow !== away) process.stderr.write(`${clock(Date.now(), false)} ${awayNow ?? BACK}\n`);
    away = awayNow;
    // While it is away, its checks stand as they stood: what differs when it is back is a change.
    const told = away === undefined ? results : results.filter(({ check }) => !asksDatabase(check));
    print(changes(told, states), session, ascii);
    states = new Map([...states, ...told.map((result) => [result.check.id, stateOf(result)] as const)]);
    if (verdict !== before) {
      const at = Date.now();
      const was = before === undefined ? '' : `, was ${before}`;
      const out = process.stdout.isTTY ? process.stdout : process.stderr;
      out.write(`${clock(at, false)} ${verdictText(verdict)}${was}  ${tally(results)}\n`);
      if (before !== undefined || verdict !== 'HEALTHY') {
        const notes = await tell(
          context.notify,
          changeDocument(context, before, verdict, results, at),
          interruption.signal,
        );
        for (const note of notes) process.stderr.write(`apptop: ${note}\n`);
      }
      before = verdict;
    }
    // Rejects only when it is aborted.
    await sleep(everyMs, undefined, { signal: interruption.signal }).catch(() => undefined);
    if (interruption.code !== undefined) return interruption.code;
  }
}
