import type { Context } from '../../config/context.ts';
import type { Database } from '../../data/database.ts';
import { sourceOf } from '../../data/queries/read-rows.ts';
import { outcomesOf } from '../../data/state/outcomes.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Outcome } from '../../model/review.ts';
import type { ChangesStore, Ending } from '../store-state.ts';

/** What an action that asks nobody is done with. */
export interface ActGround {
  readonly changes: ChangesStore;
  readonly database: Database;
  readonly context: Context;
}

/** An action that needs no confirmation. */
export interface Act {
  /** The id of the change. */
  readonly change: string;
  /** Primary keys; of a retry and a dismissal one. */
  readonly pks: readonly string[];
  /** A remark; undefined where the action takes none. */
  readonly reason: string | undefined;
}

const said = ({ message, remedy }: Problem): string => (remedy === '' ? message : `${message}: ${remedy}`);

/** How messages call the rows. */
const rowsOf = (pks: readonly string[]): string => (pks.length === 1 ? `row ${pks[0]}` : counted(pks.length, 'row'));

/**
 * Looks at an action on a few rows and does it at once where nothing stands in its way.
 * @returns what came of it, or why not, in a sentence
 */
export async function act(ground: ActGround, { change, pks, reason }: Act): Promise<string> {
  const { changes } = ground;
  const rows = rowsOf(pks);
  const { look, problem } = await changes.look(change, { ids: pks });
  if (problem !== undefined) return `${rows}: ${said(problem)}`;
  if (look === undefined) return `${rows}: not looked at: cancelled`;
  const { plan, gates } = look;
  const red = gates.find(({ state }) => state === 'red');
  if (plan.rows === 0) return `${rows}: ${plan.left?.[0]?.reason ?? 'not there any more'}`;
  if (red !== undefined) return `${rows}: ${red.title}: ${red.detail}: ${red.remedy}`;
  if (changes.getState().own !== undefined) return `${rows}: this console changes the database already`;
  return endOfAct(ground, pks, await changes.begin(plan, { phrase: '', reason }));
}

/** What came of an action that has ended, in a sentence. */
export async function endOfAct(ground: ActGround, pks: readonly string[], ending: Ending): Promise<string> {
  const { end, problem } = ending;
  const rows = rowsOf(pks);
  if (problem !== undefined) return `${rows}: ${said(problem)}`;
  if (end === undefined) return `${rows}: there was nothing to do`;
  const { run } = end;
  if (run.state !== 'done')
    return `${rows}: run ${run.id} is ${run.state}${run.reason === undefined ? '' : `: ${run.reason}`}`;
  const [pk = ''] = pks;
  const told = pks.length === 1 ? await outcomeOf(ground, pk, run.id) : undefined;
  return `${rows}: ${told ?? `${counted(run.counts.changed, 'line')} on record`}`;
}

/** What the run made of one row; undefined where nobody can be asked now. */
async function outcomeOf({ database, context }: ActGround, pk: string, run: number): Promise<string | undefined> {
  try {
    const options = { lane: 'row' } as const;
    const { appointments } = await sourceOf(database, context, options);
    const line = (await outcomesOf(database, appointments, [pk], options)).find((one) => one.run === run);
    return (
      line && `${WORDS[line.outcome]}${line.detail === undefined || QUIET.has(line.outcome) ? '' : `: ${line.detail}`}`
    );
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

const WORDS: Readonly<Record<Outcome, string>> = {
  begun: 'begun',
  queued: 'handed on, retrying',
  succeeded: 'synced',
  failed: 'the retry failed',
  unknown: 'nobody knows what came of it',
  unwritten: 'done, but the row could not be written',
  refused: 'left alone',
  dismissed: 'off the queue',
  taken: 'taken: the queue shows it to everybody',
  released: 'released',
  noted: 'noted',
};

/** Outcomes whose detail is what the operator has just typed, or the uuid of a job. */
const QUIET: ReadonlySet<Outcome> = new Set(['queued', 'dismissed', 'noted', 'taken', 'released']);
