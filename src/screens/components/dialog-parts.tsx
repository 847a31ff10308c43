import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { fit, visible, width as widthOf } from '../../model/text.ts';
import { prose } from '../check-text.ts';
import { useTheme } from '../hooks/console.ts';
import type { TextModel } from '../keys/field.ts';
import type { Theme, Tone } from '../theme.ts';
import { TextField } from './text-field.tsx';

/** What a person has to know before they answer. */
export interface Fact {
  readonly text: string;
  readonly tone: Tone;
}

/** A text that a person types: a phrase that has to be exactly this, or a reason. */
export interface Asked {
  readonly text: TextModel;
  /** Undefined takes any text. */
  readonly exactly?: string;
  readonly label: string;
  readonly required: boolean;
}

/** Facts in lines, and where they stand. */
export interface FactPage {
  readonly lines: readonly Fact[];
  /** Of the first line on the next page; undefined where everything is on screen. */
  readonly next: number | undefined;
}

/** The facts from a line on, in so many lines; what there is no room for is counted. */
export function factLines(
  facts: readonly Fact[],
  { width, room, from }: { readonly width: number; readonly room: number; readonly from: number },
  { ascii }: Theme,
): FactPage {
  const lines = facts.flatMap(({ text, tone }) => prose(text, width, ascii).map((line) => ({ text: line, tone })));
  if (lines.length <= room) return { lines, next: undefined };
  const shown = Math.max(1, room - 1);
  const first = from < lines.length ? from : 0;
  const after = Math.max(0, lines.length - first - shown);
  const note = after > 0 ? `and ${after} more lines: PgDn` : 'the last lines: PgDn begins anew';
  const told: readonly Fact[] = room > 1 ? [{ text: note, tone: 'muted' }] : [];
  return { lines: [...lines.slice(first, first + shown), ...told], next: after > 0 ? first + shown : 0 };
}

const CORNERS = {
  unicode: { top: ['┌', '┐'], bottom: ['└', '┘'], side: '│' },
  ascii: { top: ['+', '+'], bottom: ['+', '+'], side: '|' },
} as const;

interface FrameProps {
  readonly title: string;
  readonly place: string;
  readonly framed: boolean;
  /** Cells between the two sides. */
  readonly inner: number;
  readonly lines: readonly ReactNode[];
}

/** Lines with a frame around them that says what it is and where, or with that in a line of its own. */
export function Frame({ title, place, framed, inner, lines }: FrameProps) {
  const theme = useTheme();
  const { ascii, glyphs } = theme;
  const where = visible(place, ascii);
  const room = Math.max(1, inner - widthOf(where) - 2);
  const head = visible(title, ascii);
  if (!framed) {
    const wide = widthOf(head) + widthOf(where) + 2 <= inner;
    return (
      <Box flexDirection="column" paddingX={1}>
        <Text wrap="truncate" {...theme.style('title')}>
          {wide ? `${head}  ${where}` : fit(head, inner, { ascii })}
        </Text>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is where it is
          <Box key={index} width={inner}>
            {line}
          </Box>
        ))}
      </Box>
    );
  }
  const { top, bottom, side } = CORNERS[ascii ? 'ascii' : 'unicode'];
  const shown = widthOf(head) > room ? fit(head, room, { ascii }) : head;
  const rule = glyphs.rule.repeat(Math.max(0, inner - widthOf(shown) - widthOf(where) - 2));
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        {`${top[0]} `}
        <Text {...theme.style('title')}>{shown}</Text>
        {` ${rule} `}
        <Text {...theme.style('accent')}>{where}</Text>
        {` ${top[1]}`}
      </Text>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is where it is
        <Box key={index}>
          <Text>{`${side} `}</Text>
          <Box width={inner}>{line}</Box>
          <Text>{` ${side}`}</Text>
        </Box>
      ))}
      <Text>{`${bottom[0]}${glyphs.rule.repeat(inner + 2)}${bottom[1]}`}</Text>
    </Box>
  );
}

interface FieldProps {
  readonly asked: Asked;
  /** Whether it has the cursor. */
  readonly active: boolean;
  readonly width: number;
  /** Said at its right end: the first of these that leaves room for what has to be typed. */
  readonly notes: readonly string[];
}

/** Cells of a text that is typed, at least, beside a note. */
const LEAST_FIELD = 10;

/** The line of a field: where one types, what stands there, what is said beside it. */
export function FieldLine({ asked, active, width, notes }: FieldProps) {
  const theme = useTheme();
  const { text, exactly, label } = asked;
  const before = `${active ? theme.glyphs.cursor : ' '} ${exactly === undefined ? `${label}  ` : ''}`;
  // With the cursor behind it.
  const needed = widthOf(before) + Math.max(LEAST_FIELD, widthOf(exactly ?? '') + 1);
  const right = notes.find((note) => needed + 1 + widthOf(note) <= width) ?? '';
  const room = Math.max(1, width - widthOf(before) - widthOf(right) - 1);
  return (
    <>
      <Text {...theme.style(active ? 'accent' : 'muted')}>{before}</Text>
      <Box width={room}>
        {active ? (
          <TextField text={text} columns={room} />
        ) : (
          <Text>{fit(text.getText(), room, { ascii: theme.ascii })}</Text>
        )}
      </Box>
      <Text wrap="truncate" {...theme.style('muted')}>{` ${right}`}</Text>
    </>
  );
}

/** What has to be typed, in a line above its field: the words around it go before a letter of it does. */
export function PhraseLine({ phrase, width }: { phrase: string; width: number }) {
  const { ascii, style } = useTheme();
  const shown = visible(phrase, ascii);
  const left = width - widthOf(shown);
  const before = left >= BEFORE.length ? BEFORE : '';
  const after = left >= BEFORE.length + AFTER.length ? AFTER : '';
  return (
    <Text wrap="truncate">
      <Text {...style('muted')}>{before}</Text>
      <Text {...style('title')}>{left < 0 ? fit(shown, width, { ascii }) : shown}</Text>
      <Text {...style('muted')}>{after}</Text>
    </Text>
  );
}

const BEFORE = '  type  ';
const AFTER = '  to go on';
