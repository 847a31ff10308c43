import { progressOf, standingOf } from '../changes/progress.ts';
import type { Aside, ChangesState } from '../changes/store-state.ts';
import { toldOf } from '../changes/unit.ts';
import { age, count, counted, duration, percent } from '../model/format.ts';
import { isOpen, type Lease, type Run, type RunCounts } from '../model/run.ts';
import { distance, stamp } from '../model/time.ts';
import { paceWords, STANDING_TONES, shareWords } from './changes-words.ts';
import { prose } from './check-text.ts';
import { barText } from './components/bar.tsx';
import type { TextLine } from './components/text-list.tsx';
import type { Theme, Tone } from './theme.ts';

/** Moments by the database's clock, and how they are written. */
export interface Times {
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly local: boolean;
}

/** Who works on a run, since when: `ops@bastion (process 812) for 12 s`. */
export const holderWords = ({ holder, since }: Lease, now: number): string =>
  `${holder} for ${age(Math.max(0, now - since) / 1000)}`;

/** What a run did to rows, the most telling first; what is nothing is left out. */
const COUNTS: readonly (readonly [keyof RunCounts, string])[] = [
  ['moved', 'moved'],
  ['cleared', 'cleared'],
  ['decided', 'decided'],
  ['queued', 'handed on'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed or unknown'],
  ['left', 'left alone'],
  ['backedUp', 'originals kept'],
  ['already', 'back already'],
  ['conflicts', 'left, changed since'],
  ['deleted', 'gone'],
  ['raced', 'changed meanwhile'],
  ['aside', 'set aside'],
];

/** `moved 61,880 · cleared 12`; a rollback moves ids back. */
export function countWords(kinds: ChangesState['kinds'] = [], run: Run, dot: string): string {
  const { counts, change } = run;
  const words = COUNTS.flatMap(([name, word]) => {
    if (counts[name] === 0) return [];
    return [`${name === 'moved' && change === 'rollback-booking-ids' ? 'restored' : word} ${count(counts[name])}`];
  });
  if (words.length > 0) return words.join(` ${dot} `);
  const told = kinds.find(({ id }) => id === change)?.told?.(run);
  return told ?? (counts.changed > 0 ? `changed ${count(counts.changed)}` : 'no row changed yet');
}

interface ProgressLine {
  readonly text: string;
  readonly tone: Tone;
}

/** Narrower bars say nothing. */
const LEAST_BAR = 10;
const LONGEST_BAR = 50;

/** How far a run is and how it goes, in up to three lines; a picture only where somebody sees it. */
export function progressLines(
  run: Run,
  { kinds, lease, rate }: Pick<ChangesState, 'kinds' | 'lease' | 'rate'>,
  width: number,
  { theme, pictures }: { readonly theme: Theme; readonly pictures: boolean },
): readonly ProgressLine[] {
  const { dot } = theme.glyphs;
  const standing = standingOf(run, lease);
  const { share } = progressOf(run, rate);
  // A change without batches looks at no row.
  const looks = run.total > 0;
  const rows = looks ? `${count(Math.min(run.counts.scanned, run.total))} of ${counted(run.total, 'row')}` : '';
  const pace = looks && standing === 'running' ? paceWords(run, rate) : [];
  const words = [shareWords(run), rows, ...pace].filter(Boolean).join(` ${dot} `);
  const room = Math.min(LONGEST_BAR, width - words.length - 2);
  const bar =
    pictures && share !== undefined && isOpen(run.state) && room >= LEAST_BAR
      ? `${barText(share, room, theme.glyphs)}  `
      : '';
  const batch = `batch ${count(run.batchSize)}`;
  const asked = run.request === undefined ? [] : [`${run.request} was asked for`];
  return [
    ...(looks ? [{ text: `${bar}${words}`, tone: 'plain' } as const] : []),
    {
      text: [countWords(kinds, run, dot), ...(looks && standing === 'running' ? [batch] : []), ...asked].join(
        ` ${dot} `,
      ),
      tone: 'muted',
    },
    ...(run.reason === undefined
      ? []
      : [{ text: run.reason, tone: standing === 'running' ? 'warn' : STANDING_TONES[standing] } as const]),
  ];
}

const NAME_WIDTH = 14;

type FactOfRun = readonly [name: string, text: string | undefined, tone?: Tone];

const at = (time: number, { now, local }: Times): string => `${stamp(time, local)}, ${distance(time, now)}`;

function factsOf(
  run: Run,
  { kinds = [], lease }: Pick<ChangesState, 'kinds' | 'lease'>,
  times: Times,
): readonly FactOfRun[] {
  const standing = standingOf(run, lease);
  const { counts, workedMs } = run;
  const { share } = progressOf(run, undefined);
  const looks = run.total > 0;
  const worked =
    workedMs > 0 && counts.scanned > 0 ? `, ${count(Math.round((counts.scanned / workedMs) * 1000))} rows/s` : '';
  return [
    ['state', standing, STANDING_TONES[standing]],
    ['reason', run.reason, STANDING_TONES[standing]],
    ['asked for', run.request],
    [
      'looked at',
      looks
        ? `${counted(Math.min(counts.scanned, run.total), 'row')} of ${count(run.total)}${share === undefined ? '' : `, ${percent(share)}`}`
        : undefined,
    ],
    ['outcome', toldOf(kinds, run)],
    ...COUNTS.map(
      ([name, word]): FactOfRun => [
        name === 'moved' && run.change === 'rollback-booking-ids' ? 'restored' : word,
        counts[name] === 0 ? undefined : counted(counts[name], 'row'),
        name === 'aside' || name === 'conflicts' ? 'warn' : 'plain',
      ],
    ),
    [
      'pass',
      looks
        ? run.pass === 0
          ? 'the first, over every row'
          : `${run.pass + 1}, over what was written meanwhile`
        : undefined,
    ],
    ['begun by', run.operator],
    ['held by', lease?.token === run.token && standing === 'running' ? holderWords(lease, times.now) : undefined],
    ['ticket', run.ticket],
    ['begun', at(run.startedAt, times)],
    ['ended', run.endedAt === undefined ? undefined : at(run.endedAt, times)],
    ['last moved', run.endedAt === undefined ? at(run.updatedAt, times) : undefined],
    ['worked', `${duration(workedMs / 1000)}${worked}`],
    ['next batch', looks && run.endedAt === undefined ? counted(run.batchSize, 'row') : undefined],
    ['parameters', run.parameters === '{}' ? undefined : run.parameters],
    ['plan', run.digest],
  ];
}

/** Everything that is known of a run, and the rows that it set aside. */
export function runLines(
  run: Run,
  { aside, ...known }: Pick<ChangesState, 'kinds' | 'lease'> & { readonly aside: readonly Aside[] },
  times: Times,
  { width, ascii }: { readonly width: number; readonly ascii: boolean },
): readonly TextLine[] {
  const lines = ([name, text, tone = 'plain']: FactOfRun): readonly TextLine[] =>
    text === undefined || text === ''
      ? []
      : prose(text, Math.max(2, width - NAME_WIDTH - 1), ascii).map((part, index) => ({
          text: `${(index === 0 ? name : '').padEnd(NAME_WIDTH)} ${part}`,
          tone,
          copied: { text, what: `the ${name}` },
        }));
  const rows = aside.map(
    ({ pk, reason }, index): FactOfRun => [index === 0 ? 'set aside' : '', `row ${pk}: ${reason}`, 'warn'],
  );
  return [...factsOf(run, known, times), ...rows].flatMap(lines);
}
