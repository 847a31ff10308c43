import type { Change } from '../changes/change.ts';
import type { Context } from '../config/context.ts';
import { Problem } from '../model/problem.ts';
import { levelKind, PROGRAM, refuseParameters, runRollbackProgram } from './program-change.ts';

export const ROLL_CODE_BACK_ID = 'roll-code-back';

const UNCONFIGURED = ['nothing says how the code is brought back', 'set rollback.code in the config'] as const;

/** @throws Problem blocked, where no program does it */
function programOf({ rollback: { code } }: Context): { readonly command: readonly string[]; readonly folder: string } {
  if (code === undefined) throw new Problem('blocked', ...UNCONFIGURED);
  if ('command' in code) return code;
  throw new Problem('blocked', `the code is brought back by hand: ${code.steps.join('; ')}`, 'do these in their order');
}

const CHANGE: Change = {
  parameters: {},
  throttled: false,
  plan: async ({ context }) => ({
    rows: 1,
    total: 1,
    counts: { commands: 1 },
    summary: [`runs ${programOf(context).command.join(' ')}`],
    sql: [],
    sample: [],
    loses: [],
    notes: ['changes of the schema stay: the code of before has to bear them'],
    rollback: 'by deploying the new code again',
    seconds: 60,
  }),
  gates: () => Promise.resolve([]),
  finish: async (_session, { context }, _run, telling) => {
    await runRollbackProgram(programOf(context), 'rollback.code.command', telling);
    return undefined;
  },
};

/** Level 2 of a rollback. */
export const ROLL_CODE_BACK = levelKind(
  {
    id: ROLL_CODE_BACK_ID,
    title: 'Bring the code back (level 2)',
    purpose: 'The application runs the code of before, on the schema as it is.',
    unconfigured: UNCONFIGURED,
    ...PROGRAM,
  },
  (parameters) => {
    refuseParameters(ROLL_CODE_BACK_ID, parameters);
    return CHANGE;
  },
);
