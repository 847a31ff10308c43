import { counted } from '../../model/format.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { fit, width } from '../../model/text.ts';
import type { VerdictWord } from '../../model/verdict.ts';
import type { Tone } from '../theme.ts';
import { type Line, type Paper, wrapped } from './line.ts';
import type { Subject } from './subject.ts';

const TONES: Readonly<Record<VerdictWord, Tone>> = { HEALTHY: 'good', DEGRADED: 'warn', STOP: 'bad' };

/** What could not be judged for want of columns. */
function unjudged({ sync, latency, review }: Snapshot): readonly string[] {
  return [
    ...(sync === undefined ? ['sync'] : []),
    ...(latency === undefined ? ['latency'] : []),
    ...(review === undefined ? ['review'] : []),
  ];
}

function reasonsOf({ verdict: { alerts }, snapshot }: Subject): readonly string[] {
  if (alerts.length > 0) return alerts.map(({ text }) => text);
  if (snapshot.total === 0) return ['no rows, nothing to judge'];
  const blind = unjudged(snapshot);
  return blind.length === 0
    ? ['every target is met']
    : ['the ids are right', `not judged for want of columns: ${blind.join(', ')}`];
}

/** One word and the reasons for it, the most urgent first, in at most so many lines. */
export function verdictLines(subject: Subject, { width: whole, theme }: Paper, most: number): readonly Line[] {
  const { word: verdict } = subject.verdict;
  const { glyphs } = theme;
  const mark = verdict === 'HEALTHY' ? glyphs.good : glyphs.alert;
  const word = ` ${mark} ${verdict}`;
  const indent = width(word) + 2;
  const room = Math.max(1, whole - indent - 1);
  const reasons = reasonsOf(subject);
  const joint = ` ${glyphs.dot} `;
  let shown = reasons.length;
  const linesOf = (number: number) => {
    const rest = reasons.length - number;
    return wrapped(
      [...reasons.slice(0, number), ...(rest > 0 ? [`and ${counted(rest, 'more reason')}`] : [])],
      joint,
      room,
    );
  };
  while (shown > 1 && linesOf(shown).length > most) shown -= 1;
  // Where even one reason and the number of the others are too many lines, the reason is what counts.
  return linesOf(shown)
    .slice(0, most)
    .map((text, index) => ({
      key: `verdict ${index}`,
      segments: [
        { text: (index === 0 ? word : '').padEnd(indent), tone: index === 0 ? TONES[verdict] : 'plain' },
        { text: fit(text, room, { ascii: theme.ascii }), tone: 'plain' },
      ],
    }));
}
