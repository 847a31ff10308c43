import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { RETRY_STRATEGIES, type RetryStrategy as StrategyName } from '../../model/review.ts';
import type { ChangeGround, Parameters } from '../change.ts';
import { queueChange } from '../review/queue-change.ts';
import { calcomApi } from './calcom-api.ts';
import { command } from './command.ts';
import { laravelQueue } from './laravel-queue.ts';
import { markPending } from './mark-pending.ts';
import { noStrategy } from './rules.ts';
import type { MakeStrategy, RetryItem } from './strategy.ts';

const STRATEGIES: Readonly<Record<StrategyName, MakeStrategy>> = {
  'laravel-queue': laravelQueue,
  'calcom-api': calcomApi,
  command,
  'mark-pending': markPending,
};

const NO_ORIGIN =
  'without a column sync_origin nothing tells rows that came from Cal.com: each of them would be sent back';

const isStrategy = (value: unknown): value is StrategyName => RETRY_STRATEGIES.some((name) => name === value);

/** The strategy that was asked for, or that of the config. @throws Problem usage or config */
function strategyName({ context }: ChangeGround, { strategy = context.retry?.strategy }: Parameters): StrategyName {
  if (isStrategy(strategy)) return strategy;
  if (strategy === undefined) throw noStrategy(context);
  throw new Problem('usage', `there is no strategy "${String(strategy)}"`, `use ${RETRY_STRATEGIES.join(', ')}`);
}

/** Tries the sync of appointments again, in the way that the config names. */
export const RETRY_REVIEW = queueChange<RetryItem>({
  id: 'retry-review',
  title: 'Retry the sync',
  purpose: 'tries the sync of appointments again, which came to the review queue when it had failed',
  tier: 'bulk',
  make(ground, parameters) {
    const name = strategyName(ground, parameters);
    const { action, words } = STRATEGIES[name](ground);
    const { does, notes, ...others } = words;
    const tellsOrigin = ground.source.appointments.known.has('sync_origin');
    return {
      action,
      words: {
        ...others,
        notes: tellsOrigin ? notes : [NO_ORIGIN, ...notes],
        summary: (rows) => [`retries ${counted(rows, 'appointment')} by ${name}`, does(rows)],
        rollback: 'none: what was retried can be retried again',
      },
    };
  },
});
