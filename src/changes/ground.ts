import type { Context } from '../config/context.ts';
import type { Column } from '../data/connection.ts';
import type { Database } from '../data/database.ts';
import { sourceOf } from '../data/queries/read-rows.ts';
import { loadWriting } from '../data/writing.ts';
import type { ChangeGround, ChangeKind } from './change.ts';
import type { RunsPlace } from './gates.ts';
import { Stray } from './refusals.ts';

/** Milliseconds that one statement of a plan or a check may take: 50,000,000 rows are counted in a minute or two. */
const LOOK_MS = 15 * 60_000;

/** What is known of runs without a look at the appointments, which somebody may have locked. */
export const runsPlace = (context: Context, database: Database, signal?: AbortSignal): RunsPlace => ({
  context,
  database,
  dialect: database.dialect,
  options: { lane: 'change', signal, timeoutMs: LOOK_MS },
});

/** The ground of a change of other tables than the appointments, which need not be there. */
export class OtherGround implements ChangeGround {
  readonly context: Context;
  readonly database: Database;
  readonly dialect: ChangeGround['dialect'];
  readonly writing: ChangeGround['writing'];
  readonly options: ChangeGround['options'];

  constructor({ context, database, dialect, options }: RunsPlace, writing: ChangeGround['writing']) {
    this.context = context;
    this.database = database;
    this.dialect = dialect;
    this.writing = writing;
    this.options = options;
  }

  get source(): never {
    throw new Error('this change is not about the appointments');
  }
}

/** What a change is planned and carried out on. @throws Problem */
export async function groundOf({ tables }: ChangeKind, place: RunsPlace): Promise<ChangeGround> {
  const { context, database, options } = place;
  const [source, writing] = await Promise.all([
    tables === undefined ? sourceOf(database, context, options) : undefined,
    loadWriting(context.target.engine),
  ]);
  return source === undefined ? new OtherGround(place, writing) : { ...place, writing, source };
}

/** @throws Stray */
export async function assertPlace(kind: ChangeKind, ground: ChangeGround): Promise<void> {
  const why = await kind.strayIn?.(ground);
  if (why !== undefined) throw new Stray(kind, why);
}

/** The key that lines about appointments have. */
export const keyFor = ({ tables }: ChangeKind, ground: ChangeGround): Column | undefined =>
  tables === undefined ? ground.source.appointments.id : undefined;
