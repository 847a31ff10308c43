import { sql } from 'kysely';
import type { Context } from '../../config/context.ts';
import { METRICS, type Metric } from '../../config/metrics.ts';
import { type TextSource, textOf } from '../../config/text-source.ts';
import { count, counted, duration } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { queryOf } from '../../model/query.ts';
import { isBelow } from '../../model/thresholds.ts';
import type { Check, Finding, Ground } from '../check.ts';

/** From 0 on, with a point: what else looks like a number (a date, 1,204, 95%) may mean something else. */
const NUMBER = /^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Characters of an answer that a message repeats. */
const REPEATED_CHARACTERS = 40;

function numberOf(word: string): number | undefined {
  const number = NUMBER.test(word) ? Number(word) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

const repeated = (text: string): string => `"${text.slice(0, REPEATED_CHARACTERS)}"`;

/**
 * The only value of the only row that a statement returns.
 * @throws Problem that names the key, of any kind
 */
async function fromDatabase(ground: Ground, text: string, place: string): Promise<number> {
  const wanted = 'write one SELECT that returns one number from 0 on';
  const query = queryOf(text, place, wanted);
  // On lines of its own: the statement may end in a comment.
  const rows = await ground
    .query(sql`SELECT * FROM (\n${sql.raw(query)}\n) AS measured LIMIT 2`)
    .catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(error.kind, `${place}: ${error.message}`, error.remedy);
    });
  const returns = (what: string, remedy = wanted) => new Problem('config', `${place}: returns ${what}`, remedy);
  const [value, ...others] = rows.flatMap((row) => Object.values(row));
  if (value === undefined) throw returns('no row');
  if (others.length > 0) throw returns('more than one value');
  if (value === null) throw returns('NULL', 'write COALESCE(…, 0) around what may be nothing');
  const number = numberOf(value);
  if (number === undefined) throw returns(`${repeated(value)}, no number`);
  return number;
}

/**
 * The first number of the last line that is not empty. A name may stand before it: `cascades 2`, `cascades=2`.
 * @throws Problem config or cancelled, that names the key
 */
async function fromText(source: TextSource, key: string, signal: AbortSignal): Promise<number> {
  const line = (await textOf(source, key, signal)).trimEnd().split('\n').at(-1)?.trim() ?? '';
  for (const word of line.split(/[\s=]+/)) {
    const number = numberOf(word);
    if (number !== undefined) return number;
  }
  const [place, remedy] =
    'file' in source
      ? [`${key}.file: ${source.file}`, 'name a file whose last line holds one number from 0 on']
      : [`${key}.command: ${source.command[0]}`, 'name a command that prints one number from 0 on'];
  const what = line === '' ? 'says nothing' : `says no number: ${repeated(line)}`;
  throw new Problem('config', `${place} ${what}`, remedy);
}

/** What a figure means: of a check, or of a criterion for a rollback. */
export interface Judgement {
  readonly id: string;
  readonly title: string;
  readonly severity: Check['severity'];
  readonly reason: string;
  readonly remedy: string;
  judge(value: number, limit: number): Finding;
}

const JUDGEMENTS: Readonly<Record<Metric, Judgement>> = {
  webhookCascades: {
    id: 'event-correlation/webhook-cascades',
    title: 'No webhook starts a cascade',
    severity: 'stop',
    reason: 'A busy block of ours that comes back as an event is copied again, and its copies are, without an end.',
    remedy: 'Set USE_UUID_CORRELATION_SYNC=false, then look for the events without a correlation id or a state.',
    judge: (incidents, limit) => ({
      violations: incidents > limit ? Math.ceil(incidents) : 0,
      sample: [],
      figure: `${counted(incidents, 'incident')}, target ${limit === 0 ? '' : 'at most '}${count(limit)}`,
    }),
  },
  processingSeconds: {
    id: 'event-correlation/processing-time',
    title: 'Webhooks are processed fast enough',
    severity: 'warn',
    reason: 'Until a change is processed its slot is open in the other calendars, and the webhooks behind it wait.',
    remedy: 'Look at the queue’s workers, and whether the correlation ids have an index.',
    judge: (seconds, limit) => ({
      violations: isBelow(seconds, limit) ? 0 : 1,
      sample: [],
      figure: `${duration(seconds)}, target < ${duration(limit)}`,
    }),
  },
};

/** A check of a figure that no table holds. */
export function metricCheck(
  metric: Metric,
  { metrics, thresholds }: Context,
  judgement: Judgement = JUDGEMENTS[metric],
): Check {
  const [source, key] = [metrics[metric], `metrics.${metric}`];
  const { judge, ...facts } = judgement;
  const check = { ...facts, system: 'event-correlation', phases: ['post', 'monitor'] } as const;
  const judged = (value: number): Finding => judge(value, thresholds[metric]);
  if (source === undefined) {
    return { ...check, lookOutside: () => Promise.resolve({ notApplicable: `needs ${key} in the config` }) };
  }
  if (!('sql' in source)) {
    return { ...check, lookOutside: async (signal) => judged(await fromText(source, key, signal)) };
  }
  return {
    ...check,
    // Nobody knows what it reads.
    scans: 'unknown',
    look: async (ground) => judged(await fromDatabase(ground, source.sql, `${key}.sql`)),
  };
}

/** The checks of figures that no table holds: the config says where each is read. */
export const metricChecks = (context: Context): readonly Check[] =>
  METRICS.map((metric) => metricCheck(metric, context));
