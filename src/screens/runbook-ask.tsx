import { useState } from 'react';
import { stopOf } from '../changes/open-runbooks.ts';
import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import { Dialog } from './components/dialog.tsx';
import type { Asked, Fact } from './components/dialog-parts.tsx';
import type { Console, View } from './contract.ts';
import { useChanges, useConsole, useServices } from './hooks/console.ts';
import { useLogs } from './hooks/logs.ts';
import { placeIn } from './hooks/place.ts';
import { TextModel } from './keys/field.ts';
import { logFacts } from './runbook-lines.ts';

/** A text that a person is asked for. */
interface Field {
  readonly id: 'name' | 'reason' | 'note';
  readonly label: string;
  readonly required: boolean;
}

/** What was typed into a field, without blanks around it; empty where it was not asked for. */
export type Answers = (field: Field['id']) => string;

/** What somebody is asked before something of a runbook is done. */
export interface RunbookQuestion {
  /** For the line of tabs. */
  readonly way: string;
  readonly title: string;
  readonly facts: readonly Fact[];
  /** Whether what the logs of the config say now stands below them. */
  readonly logs?: boolean;
  readonly fields: readonly Field[];
  readonly go: string;
  readonly onGo: (answer: Answers) => void;
}

export const NAME: Field = { id: 'name', label: 'your name', required: true };
export const REASON: Field = { id: 'reason', label: 'why', required: true };
export const noteField = (required: boolean): Field => ({
  id: 'note',
  label: required ? 'what you saw' : 'note (may be empty)',
  required,
});

/** Asks in a dialog with its cursor on the way back. */
export const questionView = (question: RunbookQuestion): View => ({
  title: question.way,
  element: <Question question={question} />,
});

/** What nobody does while a run is stopped. */
const STANDING_STILL: readonly string[] = ['tick', 'leave out', 'command', 'resume', 'sign'];

function Question({ question: { way, title, facts, logs, fields, go, onGo } }: { question: RunbookQuestion }) {
  const console = useConsole();
  const services = useServices();
  const [texts] = useState(() => new Map(fields.map(({ id }) => [id, new TextModel('')])));
  const asked = fields.flatMap(({ id, label, required }): readonly Asked[] => {
    const text = texts.get(id);
    return text === undefined ? [] : [{ text, label, required }];
  });
  const said = useLogs(logs === true)
    .flatMap(logFacts)
    .map(([, text, tone = 'plain']): Fact => ({ text, tone }));
  const stop = useChanges(({ ceremonies }) => stopOf(ceremonies));
  const overtaken: readonly Fact[] =
    stop === undefined || !STANDING_STILL.includes(way) ? [] : [{ text: `STOP: ${stop}`, tone: 'bad' }];
  const done = () => {
    console.back();
    onGo((field) => texts.get(field)?.getText().trim() ?? '');
  };
  return (
    <Dialog
      title={title}
      place={placeIn(services)}
      facts={[...overtaken, ...facts, ...said]}
      asked={asked}
      cancel="Cancel"
      go={go}
      onGo={done}
      onCancel={() => void console.back()}
    />
  );
}

/** Says in the last line what came of something, or what is wrong and what to do. */
export async function told<Answer>(
  console: Console,
  done: Promise<Result<Answer, Problem>>,
  words: (answer: Answer) => string,
): Promise<void> {
  const result = await done;
  console.notify(result.ok ? words(result.value) : `${result.error.message}: ${result.error.remedy}`);
}
