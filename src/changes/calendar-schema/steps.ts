import type { WritingSession } from '../../data/writing.ts';
import type { ChangeGround, Gate } from '../change.ts';
import { green, red } from '../gates.ts';
import type { Found, Step } from './survey.ts';

/** The text of every statement, in order. */
export const sqlOf = ({ dialect }: ChangeGround, steps: readonly Step[]): readonly string[] =>
  steps.flatMap(({ deed }) => deed.sql.map((statement) => dialect.compile(statement).sql));

/** Does one step: as a whole where the engine can. @throws Problem busy, when somebody holds the table */
export async function perform(session: WritingSession, { dialect }: ChangeGround, { deed }: Step): Promise<void> {
  const all = async () => {
    for (const statement of deed.sql) await session.execute(dialect.compile(statement));
  };
  await (deed.alone ? all() : session.transaction(all));
}

/** The ceremony prepares local databases: its changes are never made in production. */
export function environmentGate({ context }: ChangeGround): Gate {
  const title = 'this is not production';
  return context.environment === 'production'
    ? red(
        'environment',
        title,
        'the calendar schema is never changed in production by this',
        'rehearse it on a copy, and follow the application’s own procedure there',
      )
    : green('environment', title, context.environment);
}

export const MEND = 'a person has to mend it: change it by hand, or drop it, and plan again';

/** What is there and differs stops a change: it is never overwritten. */
export function fitGate({ differing }: Found): Gate {
  const title = 'what is there is as it should be';
  const [first] = differing;
  if (first === undefined) return green('fit', title, 'nothing differs');
  return red('fit', title, differing.join('; '), MEND);
}
