import { Problem } from '../model/problem.ts';
import type { ChangeKind, Gate } from './change.ts';
import type { Plan } from './plan.ts';

/** The figures are not those that were confirmed: nothing ran. */
export class Drift extends Problem {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super('blocked', 'the database has changed since the plan was made: nothing was done', 'look at the new plan');
    this.plan = plan;
  }
}

/** Gates that are red: nothing ran. */
export class Blocked extends Problem {
  readonly gates: readonly Gate[];

  constructor(gates: readonly Gate[]) {
    const [first] = gates;
    const more = gates.length > 1 ? ` (and ${gates.length - 1} more)` : '';
    super('blocked', `${first?.title ?? 'a gate'}: ${first?.detail ?? 'red'}${more}`, first?.remedy ?? '');
    this.gates = gates;
  }
}

/** The change has no place in this database: what it is about is not there. */
export class Stray extends Problem {
  constructor({ id }: ChangeKind, why: string) {
    super(
      'blocked',
      `${id} has no place in this database: ${why}`,
      'name another database, or its tables in the config',
    );
  }
}
