import { sql } from 'kysely';
import { Audit } from '../../src/audit/audit.ts';
import { isBroken, verify } from '../../src/audit/verify.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import type { Context } from '../../src/config/context.ts';
import type { Row } from '../../src/data/connection.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { openWriting } from '../../src/data/writing.ts';
import { Problem } from '../../src/model/problem.ts';
import type { Run } from '../../src/model/run.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { operated } from '../changes/guarded.ts';
import type { PlantedRow, TestEngine } from '../engines/engines.ts';

/** What runs leave behind, none of which may depend on what happened on the way. */
export interface Left {
  readonly appointments: readonly Row[];
  readonly ledger: readonly Row[];
  readonly runs: readonly Pick<Run, 'id' | 'change' | 'state' | 'reason' | 'counts'>[];
  /** Of the audit: signs that it was tampered with. */
  readonly broken: readonly string[];
}

async function reading<Answer>(context: Context, work: (database: Database) => Promise<Answer>): Promise<Answer> {
  const database = await openDatabase(context);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const runsNow = (context: Context): Promise<readonly Run[]> =>
  reading(context, async (database) =>
    (await new GuardedPath(context, database, new Audit(context, database.dialect), CHANGES).runs()).toReversed(),
  );

/** The runs that there are, oldest first, as an operator sees them. */
export async function runsIn(context: Context): Promise<readonly Run[]> {
  try {
    return await runsNow(context);
  } catch (error) {
    if (!(error instanceof Problem && error.kind === 'refused')) throw error;
    // Killed in the middle of a write, a writer left a journal that no reader can undo: it says to open the file to write.
    await (await openWriting(context)).close();
    return runsNow(context);
  }
}

/** What there is now. */
export async function leftIn(context: Context): Promise<Left> {
  const runs = await runsIn(context);
  return reading(context, async (database) => {
    const options = { lane: 'rows' } as const;
    const { findings } = await verify(context, { database, options });
    return {
      appointments: await database.query(sql`SELECT * FROM appointments ORDER BY id`, options),
      ledger: await database.query(sql`SELECT * FROM apptop_ledger ORDER BY run, pk`, options),
      // A sweep that was cut short is done again: it looks at every row once more.
      runs: runs.map(({ id, change, state, reason, counts }) => ({
        id,
        change,
        state,
        reason,
        counts: { ...counts, scanned: 0 },
      })),
      broken: findings.filter(isBroken).map(({ place, kind, text }) => `${place}: ${kind}, ${text}`),
    };
  });
}

/** The move and its rollback, each the run of that number. */
export const BOTH_WAYS = ['move-booking-ids', 'rollback-booking-ids'] as const;

/** What is left of the move, and then of the rollback, when nobody disturbs them. */
export async function undisturbed(
  engine: TestEngine,
  rows: readonly PlantedRow[],
): Promise<Readonly<Record<(typeof BOTH_WAYS)[number], Left>>> {
  await using on = await operated(engine, rows);
  const after = async (change: (typeof BOTH_WAYS)[number]) => {
    await on.run(change);
    return leftIn(on.context);
  };
  return {
    'move-booking-ids': await after('move-booking-ids'),
    'rollback-booking-ids': await after('rollback-booking-ids'),
  };
}
