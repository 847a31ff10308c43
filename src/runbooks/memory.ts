import * as z from 'zod/mini';
import type { Context } from '../config/context.ts';
import { readState, stateFile, writeState } from '../config/state.ts';
import type { RunbookRecord, RunbookRun } from '../model/runbook-run.ts';
import { readEvidence } from './evidence.ts';

const known = z.object({
  runbook: z.string(),
  beganAt: z.number(),
  revision: z.number(),
  mark: z.string(),
  last: z.object({ seq: z.number(), mark: z.string() }),
  audit: z.object({ seq: z.number(), hash: z.string() }),
  /** Marks of the decisions to go on after the database was put back. */
  accepted: z.array(z.string()),
});
type Known = z.infer<typeof known>;
const file = z.record(z.string(), known);

/** Marks of the words by which people went on, or ended a run, after they knew that the database was put back. */
const acceptances = ({ entries }: RunbookRecord): readonly string[] =>
  entries.filter(({ evidence }) => readEvidence(evidence).restored === true).map(({ mark }) => mark);

/** What contradicts the knowledge of this machine in the run itself. */
function contradiction(before: Known, { run, entries }: RunbookRecord): string | undefined {
  // The very move that was seen; whether all of it is as it was written, the audit knows.
  if (run.mark === before.mark) return undefined;
  if (run.beganAt !== before.beganAt || run.runbook !== before.runbook) return 'this is another run under its number';
  if (run.revision < before.revision) {
    return `this machine has seen ${before.revision} moves of the run, and the database has ${run.revision}`;
  }
  const last = entries.find(({ seq }) => seq === before.last.seq);
  const goesOn = run.revision > before.revision && (before.last.seq === 0 || last?.mark === before.last.mark);
  return goesOn ? undefined : 'what this machine has seen of the run is not what the database has';
}

/**
 * What this machine has seen of the runs in a database, in a file of the state folder. A backup that is put back takes the
 * tables back with the data, and nothing in them says so: only somebody who remembers can.
 */
export class Memory {
  readonly #file: string;

  constructor(context: Context) {
    this.#file = stateFile(context, 'runbooks').replace(/jsonl$/, 'seen.json');
  }

  /** What contradicts a run as it is read now; undefined where nothing does, or a person has accepted it. */
  contradiction(record: RunbookRecord): string | undefined {
    const before = this.#known()[String(record.run.id)];
    if (before === undefined || this.#isAccepted(before, record)) return undefined;
    return contradiction(before, record);
  }

  /** The newest record of the audit that came with a run when it was last seen; undefined once a person has accepted that it is gone. */
  audit(record: RunbookRecord): { readonly seq: number; readonly hash: string } | undefined {
    const before = this.#known()[String(record.run.id)];
    return before === undefined || before.audit.seq === 0 || this.#isAccepted(before, record)
      ? undefined
      : before.audit;
  }

  /** Remembers a run as it is, where it does not contradict what is known. */
  remember(record: RunbookRecord): void {
    if (this.contradiction(record) !== undefined) return;
    const { run, entries } = record;
    const last = entries.at(-1);
    const now: Known = {
      runbook: run.runbook,
      beganAt: run.beganAt,
      revision: run.revision,
      mark: run.mark,
      last: { seq: last?.seq ?? 0, mark: last?.mark ?? '' },
      audit: run.audit,
      accepted: [...acceptances(record)],
    };
    const all = this.#known();
    if (JSON.stringify(all[String(run.id)]) === JSON.stringify(now)) return;
    writeState(this.#file, JSON.stringify({ ...all, [String(run.id)]: now }));
  }

  /** The largest number of a run that is known; 0 where none is. */
  newest(): number {
    return Math.max(0, ...Object.keys(this.#known()).map(Number));
  }

  /**
   * Runs that are known and not among these, a line each.
   * @param oldest the smallest number of which the list says something
   * @param why what that means, in words
   * @param of only those of this runbook
   */
  missing(runs: readonly RunbookRun[], oldest: number, why: string, of?: string): readonly string[] {
    return this.#gone(runs, oldest)
      .filter(([, { runbook }]) => of === undefined || runbook === of)
      .map(([id, { runbook }]) => `run ${id} of ${runbook} was seen here and is gone from the database: ${why}`);
  }

  /** Forgets those of a runbook that are not among these: somebody has decided that another one begins. */
  forget(runs: readonly RunbookRun[], oldest: number, of: string): void {
    const gone = new Set(this.#gone(runs, oldest).flatMap(([id, { runbook }]) => (runbook === of ? [id] : [])));
    if (gone.size === 0) return;
    const kept = Object.entries(this.#known()).filter(([id]) => !gone.has(id));
    writeState(this.#file, JSON.stringify(Object.fromEntries(kept)));
  }

  #gone(runs: readonly RunbookRun[], oldest: number): readonly (readonly [string, Known])[] {
    const there = new Set(runs.map(({ id }) => String(id)));
    return Object.entries(this.#known()).filter(([id]) => !there.has(id) && Number(id) >= oldest);
  }

  #isAccepted(before: Known, record: RunbookRecord): boolean {
    return acceptances(record).some((mark) => !before.accepted.includes(mark));
  }

  #known(): Readonly<Record<string, Known>> {
    const text = readState(this.#file);
    if (text === undefined) return {};
    try {
      const parsed = z.safeParse(file, JSON.parse(text));
      return parsed.success ? parsed.data : {};
    } catch (error) {
      if (error instanceof SyntaxError) return {};
      throw error;
    }
  }
}
