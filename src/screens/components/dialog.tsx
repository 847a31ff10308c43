import { Text } from 'ink';
import { useState, useSyncExternalStore } from 'react';
import { fit, visible, width as widthOf } from '../../model/text.ts';
import type { Binding } from '../contract.ts';
import { useRoot, useSize, useTheme } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import { type Asked, type Fact, FieldLine, Frame, factLines, PhraseLine } from './dialog-parts.tsx';

export interface DialogProps {
  readonly title: string;
  /** Where it happens: `PRODUCTION askproai`. */
  readonly place: string;
  /** The most important first: the last ones go where there is no room. */
  readonly facts: readonly Fact[];
  /** In the order in which they are answered. */
  readonly asked?: readonly Asked[];
  readonly cancel: string;
  /** What the other button says; undefined where there is only a way back. */
  readonly go?: string | undefined;
  /** Said beside the last field, the longest first: `expires in 41 s`, `41 s`. */
  readonly notes?: readonly string[];
  readonly onGo?: () => void;
  readonly onCancel: () => void;
  /** Does without this dialog's answer what a second Ctrl-C wants. */
  readonly onInterrupt?: () => void;
}

/** Longer lines are hard to read. */
const WIDEST = 100;
/** Below this a frame takes more than it gives. */
const FRAMED = { columns: 50, rows: 14 } as const;
/** A screen reader reads on. */
const READ_LINES = 200;

const NOTHING: readonly never[] = [];

/** Draws again at each letter that is typed. */
function useTyped(asked: readonly Asked[]): void {
  useSyncExternalStore(
    (listener) => {
      const leave = asked.map(({ text }) => text.subscribe(listener));
      return () => leave.forEach((each) => each());
    },
    () => asked.map(({ text }) => text.getText()).join('\n'),
  );
}

/** Why the other button rests; undefined when everything that is asked for is there. */
function restsFor(asked: readonly Asked[]): string | undefined {
  for (const { text, exactly, label, required } of asked) {
    const typed = text.getText();
    if (exactly === undefined && required && typed.trim() === '') return `not yet: ${label}`;
    if (exactly === undefined || typed === exactly) continue;
    return `not yet: the phrase is ${exactly.startsWith(typed) ? 'not complete' : 'another one'}`;
  }
  return undefined;
}

/**
 * Asks before something is done. Enter presses the button with the cursor, which is the way back until a person has
 * typed what is asked for and gone on to the other one; behind a text, where no phrase is asked for, it goes on to the next field. Letters go into the field with the cursor, and nowhere else.
 */
export function Dialog(props: DialogProps) {
  const { title, place, facts, asked = NOTHING, cancel, go, notes = NOTHING, onGo } = props;
  const { theme, draw } = useRoot();
  const { columns, rows } = useSize();
  // In the first field that has to be filled.
  const [wanted, setAt] = useState(() =>
    Math.max(
      0,
      asked.findIndex(({ required }) => required),
    ),
  );
  const [from, setFrom] = useState(0);
  useTyped(asked);
  const rests = go === undefined ? undefined : restsFor(asked);
  const open = go !== undefined && rests === undefined;
  // Each field is a stop at which the way back has the cursor; behind them the other button.
  const stops = Math.max(1, asked.length) + Number(open);
  const at = Math.min(wanted, stops - 1);
  const onDanger = open && at === stops - 1;
  const move = (by: number) => setAt((at + by + stops) % stops);
  const framed = !draw.screenReader && columns >= FRAMED.columns && rows >= FRAMED.rows;
  const inner = Math.min(WIDEST, columns) - (framed ? 4 : 2);
  const buttons = buttonsOf(
    { cancel, go, rests, onDanger, inField: asked.length > 0 && !onDanger },
    theme.glyphs.cursor,
  );
  const together = buttons.reduce((sum, { text }) => sum + widthOf(text) + 3, 0) <= inner;
  const blanks = framed ? (asked.length > 0 ? 2 : 1) : 0;
  const fixed = asked.reduce((sum, { exactly }) => sum + (exactly === undefined ? 1 : 2), 0);
  const room = rows - fixed - blanks - (together ? 1 : buttons.length) - (framed ? 2 : 1);
  const lines = draw.screenReader ? READ_LINES : Math.max(1, room);
  const said = factLines(facts, { width: inner, room: lines, from }, theme);
  const { next } = said;
  const more: readonly Binding[] =
    next === undefined
      ? []
      : [{ id: 'more', keys: ['pagedown'], title: 'More of what there is to know', run: () => setFrom(next) }];
  // Whoever has typed something means it: Enter goes on, and throws nothing away. Beside a phrase it is the way back.
  const field = onDanger ? undefined : asked[at];
  const free = asked.every(({ exactly }) => exactly === undefined);
  const goesOn = free && field !== undefined && field.text.getText().trim() !== '';
  const enter = onDanger ? onGo : undefined;
  useKeys([...dialogBindings(props, enter, goesOn, move), ...more], 'overlay');
  const line = ({ text, tone }: Fact) => (
    <Text key={text} wrap="truncate" {...theme.style(tone)}>
      {fit(text, inner, { ascii: theme.ascii })}
    </Text>
  );
  return (
    <Frame
      title={title}
      place={place}
      framed={framed}
      inner={inner}
      lines={[
        ...said.lines.map(line),
        ...(blanks > 1 ? [<Text key="above fields"> </Text>] : []),
        ...asked.flatMap((one, index) => [
          ...(one.exactly === undefined
            ? []
            : [<PhraseLine key={`${one.label} phrase`} phrase={one.exactly} width={inner} />]),
          <FieldLine
            key={one.label}
            asked={one}
            active={index === at && !onDanger}
            width={inner}
            notes={index === asked.length - 1 ? notes : NOTHING}
          />,
        ]),
        ...(blanks > 0 ? [<Text key="above buttons"> </Text>] : []),
        ...(together ? [<Together key="buttons" buttons={buttons} />] : buttons.map(line)),
      ]}
    />
  );
}

function Together({ buttons }: { buttons: readonly Fact[] }) {
  const theme = useTheme();
  return (
    <Text wrap="truncate">
      {buttons.map(({ text, tone }) => (
        <Text key={text} {...theme.style(tone)}>{`${visible(text, theme.ascii)}   `}</Text>
      ))}
    </Text>
  );
}

interface Buttons {
  readonly cancel: string;
  readonly go: string | undefined;
  readonly rests: string | undefined;
  readonly onDanger: boolean;
  /** Whether one types now: the field has the cursor then, and the footer says what Enter does. */
  readonly inField: boolean;
}

function buttonsOf({ cancel, go, rests, onDanger, inField }: Buttons, cursor: string): readonly Fact[] {
  const button = (text: string, chosen: boolean) => `${chosen ? cursor : ' '} [ ${text} ]`;
  const back: Fact = { text: button(cancel, !onDanger && !inField), tone: onDanger ? 'plain' : 'accent' };
  if (go === undefined) return [back];
  const other: Fact = { text: button(go, onDanger), tone: onDanger ? 'bad' : rests === undefined ? 'plain' : 'muted' };
  const said = rests ?? (onDanger ? 'Enter does it' : 'Tab goes there');
  return [back, other, { text: said, tone: 'muted' }];
}

function dialogBindings(
  { cancel, onCancel, onInterrupt }: DialogProps,
  go: (() => void) | undefined,
  goesOn: boolean,
  move: (by: number) => void,
): readonly Binding[] {
  const back: Binding = { id: 'cancel', keys: ['enter'], title: cancel, hint: cancel.toLowerCase(), run: onCancel };
  return [
    ...(go === undefined
      ? goesOn
        ? []
        : [back]
      : [{ id: 'go', keys: ['enter'], title: 'Do it', hint: 'does it', run: go } as const]),
    {
      id: 'next',
      keys: ['tab', 'down', 'right', ...(goesOn ? (['enter'] as const) : [])],
      title: 'Next',
      hint: 'next',
      run: () => move(1),
    },
    { id: 'previous', keys: ['shift-tab', 'up', 'left'], title: 'Previous', run: () => move(-1) },
    { id: 'leave', keys: ['escape'], title: cancel, hint: cancel.toLowerCase(), run: onCancel },
    ...(onInterrupt === undefined
      ? []
      : [{ id: 'interrupt', keys: ['ctrl-c'], title: 'Do it at once', run: onInterrupt }]),
  ];
}
