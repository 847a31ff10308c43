import { Text } from 'ink';
import { useState } from 'react';
import type { Check } from '../checks/check.ts';
import type { ChecksState } from '../checks/store.ts';
import { count } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { useChecks, useServices, useSize, useTheme } from './hooks/console.ts';
import { useKeys } from './hooks/keys.ts';

/** Checks that wait for a person to accept what they cost. */
export interface Question {
  readonly checks: readonly Check[];
  /** A line for each that reads a large table in full. */
  readonly costs: readonly string[];
}

interface RunChecks {
  /** Runs them, or asks first where that is dear. */
  readonly run: (checks: readonly Check[]) => void;
  readonly question: Question | undefined;
}

const movingOf = ({ running }: ChecksState): string => {
  const started = [...running.values()].filter((since) => since !== undefined).length;
  const waiting = running.size - started;
  const waits = waiting === 0 ? '' : `, ${count(waiting)} ${waiting === 1 ? 'waits' : 'wait'}`;
  return running.size === 0 ? '' : `${count(started)} running${waits}: Esc cancels`;
};

/** What runs, in words: `4 running, 12 wait: Esc cancels`; empty when nothing does. */
export const useMovingWords = (): string => useChecks(movingOf);

/**
 * The ways to run checks, with the keys to accept a cost and to cancel.
 * @param cancels whether Esc cancels what runs, rather than going back
 */
export function useRunChecks(cancels: boolean): RunChecks {
  const { checks: store } = useServices();
  const [question, setQuestion] = useState<Question>();
  const ask = async (checks: readonly Check[]) => {
    const costs = await store.expectedCosts(checks);
    if (costs.length > 0) setQuestion({ checks, costs });
    else await store.run(checks);
  };
  const answer = (accepted: boolean) => () => {
    if (accepted && question !== undefined) void store.run(question.checks);
    setQuestion(undefined);
  };
  useKeys([
    ...(question === undefined
      ? []
      : [
          { id: 'accept', keys: ['enter'], title: 'Run them all the same', hint: 'run', run: answer(true) },
          { id: 'decline', keys: ['escape'], title: 'Do not run them', hint: 'no', run: answer(false) },
        ]),
    ...(cancels
      ? [{ id: 'cancel', keys: ['escape'], title: 'Cancel the checks that run', run: () => store.cancel() }]
      : []),
  ]);
  return { run: (checks) => void ask(checks), question };
}

/** Says what running would cost, in two lines. */
export function CostQuestion({ question: { checks, costs } }: { question: Question }) {
  const theme = useTheme();
  const { columns } = useSize();
  const [first = '', ...rest] = costs;
  const one = checks.length === 1;
  const what = one ? 'it reads' : `${count(costs.length)} of them ${costs.length === 1 ? 'reads' : 'read'}`;
  const ask = one ? 'Enter runs it, Esc does not' : `Enter runs all ${count(checks.length)}, Esc none`;
  const more = rest.length === 0 ? '' : `; and ${count(rest.length)} more`;
  return (
    <>
      <Text wrap="truncate" {...theme.style('warn')}>
        {fit(` ${theme.glyphs.alert} ${what} a large table in full. ${ask}`, columns, { ascii: theme.ascii })}
      </Text>
      <Text wrap="truncate">{fit(`   ${first}${more}`, columns, { ascii: theme.ascii })}</Text>
    </>
  );
}
