import { Box, Text } from 'ink';
import { useState, useSyncExternalStore } from 'react';
import { visible, width } from '../../model/text.ts';
import type { Prompt } from '../contract.ts';
import { useRoot } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import { TextModel } from '../keys/field.ts';
import { TextField } from './text-field.tsx';

/** A question at the bottom of the console; it has the keys until it is answered or left with Esc. */
export function PromptLine({ prompt, columns }: { prompt: Prompt; columns: number }) {
  const { model, theme } = useRoot();
  const [text] = useState(() => new TextModel(prompt.initial));
  const shown = useSyncExternalStore(text.subscribe, text.getText);
  const [refused, setRefused] = useState<{ readonly text: string; readonly reason: string }>();
  const { complete } = prompt;
  const submit = () => {
    const answer = text.getText();
    const reason = prompt.submit(answer);
    if (reason !== undefined) setRefused({ text: answer, reason });
    else if (model.getState().prompt === prompt) model.closePrompt();
  };
  useKeys(
    [
      { id: 'submit', keys: ['enter'], title: 'Answer', run: submit },
      { id: 'leave', keys: ['escape'], title: 'Leave as it was', run: () => model.closePrompt() },
      ...(complete === undefined
        ? []
        : [{ id: 'complete', keys: ['tab'], title: 'Next choice', run: () => text.replace(complete(text.getText())) }]),
    ],
    'overlay',
  );
  // What is wrong with a text is not said of another.
  const wrong = refused?.text === shown ? refused.reason : undefined;
  const note = visible(wrong ?? prompt.note ?? '', theme.ascii);
  const label = ` ${prompt.label} `;
  const shownNote = note !== '' && width(note) + width(label) + 20 <= columns ? note : '';
  const room = Math.max(1, columns - width(label) - width(shownNote) - 2);
  return (
    <Box width={columns} height={1}>
      <Text {...theme.style('accent')}>{label}</Text>
      <Box width={room}>
        <TextField text={text} columns={room} />
      </Box>
      <Text wrap="truncate" {...theme.style(wrong === undefined ? 'muted' : 'bad')}>{` ${shownNote}`}</Text>
    </Box>
  );
}
