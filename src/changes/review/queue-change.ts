import type { Selection } from '../../data/queries/review-rows.ts';
import type { Run } from '../../model/run.ts';
import type { Change, ChangeGround, ChangeKind, Gate, Parameters } from '../change.ts';
import { planReview, type ReviewWords } from './plan.ts';
import { type OutsideAction, OutsideWork, type ReviewAction, type ReviewItem, ReviewWork } from './review-work.ts';
import { selectionOf } from './selection.ts';

/** What is done to rows of the queue, and what is said of it. */
interface QueueAction<Item extends ReviewItem> {
  readonly action: ReviewAction<Item> | OutsideAction<Item>;
  readonly words: ReviewWords<Item>;
}

/** How one change of the queue differs from the others. */
export interface QueueChange<Item extends ReviewItem>
  extends Omit<ChangeKind, 'chosen' | 'needsBackup' | 'before' | 'after' | 'with'> {
  /** Which rows it is about; those that its parameters name by default. */
  readonly select?: (parameters: Parameters) => Selection;
  /** Looks at its own parameters. @throws Problem usage */
  readonly check?: (parameters: Parameters) => void;
  readonly gates?: (ground: ChangeGround, parameters: Parameters) => readonly Gate[];
  /**
   * @param run undefined while it is planned
   * @throws Problem, where it can't be done in this database
   */
  readonly make: (
    ground: ChangeGround,
    parameters: Parameters,
    run: Pick<Run, 'id' | 'ticket'> | undefined,
  ) => QueueAction<Item>;
}

const isOutside = <Item extends ReviewItem>(
  action: ReviewAction<Item> | OutsideAction<Item>,
): action is OutsideAction<Item> => 'carryOut' in action;

/** A change of rows in the review queue: it needs no backup, as it touches only what the sync wrote. */
export function queueChange<Item extends ReviewItem>(own: QueueChange<Item>): ChangeKind {
  const { select = selectionOf, check, gates, make, ...kind } = own;
  return {
    ...kind,
    chosen: true,
    needsBackup: false,
    before: [],
    after: [],
    with(parameters): Change {
      const selection = select(parameters);
      check?.(parameters);
      return {
        parameters,
        throttled: true,
        plan(ground) {
          const { action, words } = make(ground, parameters, undefined);
          return planReview(ground, selection, action, words);
        },
        gates: async (ground) => gates?.(ground, parameters) ?? [],
        async work(ground, run) {
          const { action } = make(ground, parameters, run);
          return isOutside(action)
            ? new OutsideWork(ground, selection, action)
            : new ReviewWork(ground, selection, action);
        },
      };
    },
  };
}
