import type { Change, ChangeKind, Parameters } from '../../changes/change.ts';
import { needsReason, phraseOf } from '../../changes/confirm.ts';
import type { Plan } from '../../changes/plan.ts';
import { changeHere } from '../../rollback/all.ts';
import { REVIEW_ACTIONS, reviewWords } from '../review/spelled.ts';
import { type Group, given } from './command-line.ts';
import type { Session } from './session.ts';

/** A change as a command line asks for it; a plan is one too. */
export interface Asked {
  /** The id of the change. */
  readonly change: string;
  readonly parameters: Parameters;
}

/** Changes with a verb of their own. */
const VERBS: Readonly<Record<string, string>> = {
  'rollback-booking-ids': 'rollback',
  'cleanup-booking-ids': 'cleanup',
};

const list = (value: unknown): string | undefined => (Array.isArray(value) ? value.join(',') : undefined);

function decisions(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value)
    .map(([pk, decision]) => `${pk}=${decision}`)
    .join(',');
}

/** The options that say these parameters. */
const spelled = ({
  decisions: decided,
  runs,
  ids,
  tenant,
  from,
  mayCopy,
  calendar,
  batchSize,
  to,
  throttle,
  tolerate,
}: Parameters): readonly Group[] =>
  given({
    decide: decisions(decided),
    runs: list(runs),
    tenant: typeof tenant === 'string' ? tenant : undefined,
    ids: list(ids),
    'from-backup': from === 'backup',
    'may-copy': mayCopy === true,
    calendar: typeof calendar === 'string' ? calendar : undefined,
    'batch-size': typeof batchSize === 'number' ? String(batchSize) : undefined,
    to: typeof to === 'number' ? String(to) : undefined,
    'no-throttle': throttle === false,
    tolerate: typeof tolerate === 'number' ? String(tolerate) : undefined,
  });

/** The kind of a change and the change itself. @throws Problem usage */
export function changeOf(
  { path }: Session,
  { change, parameters }: Asked,
): {
  readonly kind: ChangeKind;
  readonly change: Change;
} {
  const kind = changeHere(path.kinds, change);
  return { kind, change: kind.with(parameters) };
}

/** The command line that plans or runs this change of this database. */
function lineFor({ named }: Session, { change, parameters }: Asked, action: 'plan' | 'run'): readonly Group[] {
  const review = REVIEW_ACTIONS[change];
  if (review !== undefined) {
    const dry = action === 'plan' ? [['--dry-run']] : [];
    return [['apptop', 'review', review], ...reviewWords(parameters), ...dry, ...named];
  }
  const verb = VERBS[change];
  const words = verb === undefined ? ['apptop', 'change', action, change] : ['apptop', verb, action];
  return [words, ...spelled(parameters), ...named];
}

/** The command line that plans this change again. */
export const planLine = (session: Session, asked: Asked, out: string | undefined): readonly Group[] => [
  ...lineFor(session, asked, 'plan'),
  ...given({ out }),
];

/** What a plan is run with, beside what it says. */
interface RunWith {
  /** The file in which it was kept. */
  readonly file: string | undefined;
  readonly backup: string | undefined;
}

/** The command line that runs a plan. */
export function runLine(session: Session, plan: Plan, { file, backup }: RunWith): readonly Group[] {
  const { kind } = changeOf(session, plan);
  const phrase = phraseOf(kind.tier, plan);
  const kept = [['apptop', 'change', 'run'], ...given({ plan: file }), ...session.named];
  return [
    ...(file === undefined ? lineFor(session, plan, 'run') : kept),
    ...given({ backup }),
    ...(phrase === '' ? [] : [['--confirm', phrase]]),
    ...(needsReason(kind, plan) ? [['--reason', kind.tier === 'typed' ? 'TICKET' : 'WHY']] : []),
  ];
}
