import type { Gate } from '../../changes/change.ts';
import { fit } from '../../model/text.ts';
import { coloured, hanging, type Layout, paragraph } from './layout.ts';

const LOOKS = {
  green: { mark: '✔', ascii: '+', word: 'ok', colour: 'green' },
  red: { mark: '✖', ascii: 'x', word: 'blocks', colour: 'red' },
  pending: { mark: '…', ascii: '.', word: 'later', colour: 'cyan' },
} as const;

const INDENT = 2;
/** Room for a mark and the longest word. */
const HEAD = 9;

/** `→ remedy` below what it remedies. */
export const remedyLines = (remedy: string, indent: number, layout: Layout): readonly string[] => {
  const arrow = layout.ascii ? '->' : '→';
  const before = ' '.repeat(indent);
  return remedy === '' ? [] : hanging(`${before}${arrow} `, remedy, indent + arrow.length + 1, layout);
};

/** Each gate with what was found, and below a red one what to do about it. */
export function gateLines(gates: readonly Gate[], layout: Layout): readonly string[] {
  const text = INDENT + HEAD + 1;
  return gates.flatMap(({ title, state, detail, remedy }) => {
    const look = LOOKS[state];
    const head = fit(`${layout.ascii ? look.ascii : look.mark} ${look.word}`, HEAD);
    const [first = '', ...rest] = paragraph(`${title}: ${detail}`, text, layout);
    return [
      `${' '.repeat(INDENT)}${coloured(look.colour, head)} ${first.slice(text)}`,
      ...rest,
      ...(state === 'red' ? remedyLines(remedy, text, layout) : []),
    ];
  });
}
