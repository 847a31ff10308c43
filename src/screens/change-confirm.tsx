import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ChangeKind, Parameters } from '../changes/change.ts';
import { type Confirmation, needsReason, phraseOf } from '../changes/confirm.ts';
import type { Look } from '../changes/guarded-path.ts';
import { endOfAct } from '../changes/review/act.ts';
import type { ChangesStore } from '../changes/store-state.ts';
import { estimateOf } from '../changes/unit.ts';
import { clock } from '../model/format.ts';
import { begunView } from './change-run.tsx';
import { doesNothing } from './changes-lines.ts';
import { GATE_TONES, gateMark, gateWords, goLabel } from './changes-words.ts';
import { Dialog } from './components/dialog.tsx';
import type { Asked, Fact } from './components/dialog-parts.tsx';
import { ConfirmModel, type Question } from './confirm-model.ts';
import type { View } from './contract.ts';
import { useConsole, useRoot } from './hooks/console.ts';
import { useNow } from './hooks/now.ts';
import { placeIn } from './hooks/place.ts';
import type { Theme } from './theme.ts';

/** Characters of a reason that the database keeps. */
const REASON_CHARACTERS = 255;

/**
 * Asks for everything that a change wants to be told before it runs.
 * @param onBegun told when it runs
 * @param step what runs it instead, where it is a step of something: that is done also where there is nothing to do
 */
export const confirmView = (
  kind: ChangeKind,
  parameters: Parameters,
  onBegun?: () => void,
  step?: ChangesStore['begin'],
): View => ({
  title: 'confirm',
  element: <Confirm kind={kind} parameters={parameters} onBegun={onBegun} step={step} />,
});

interface ConfirmProps {
  readonly kind: ChangeKind;
  readonly parameters: Parameters;
  readonly onBegun: (() => void) | undefined;
  readonly step: ChangesStore['begin'] | undefined;
}

function Confirm({ kind, parameters, onBegun, step }: ConfirmProps) {
  const { services } = useRoot();
  const console = useConsole();
  const { changes: store } = services;
  const [model] = useState(() => new ConfirmModel(store, kind, parameters));
  const question = useSyncExternalStore(model.subscribe, model.getQuestion);
  useEffect(() => {
    model.open();
    return () => model.close();
  }, [model]);
  const shared = { title: kind.title, place: placeIn(services), onCancel: () => void console.back() };
  if (question.state === 'looking') {
    return <Dialog {...shared} facts={[{ text: 'looking at the database', tone: 'muted' }]} cancel="Cancel" />;
  }
  if (question.state === 'failed') {
    const { message, remedy } = question.problem;
    const facts: readonly Fact[] = [
      { text: message, tone: 'bad' },
      { text: `try: ${remedy}`, tone: 'plain' },
    ];
    return <Dialog key="failed" {...shared} facts={facts} cancel="Close" go="Look again" onGo={() => model.again()} />;
  }
  return <Plan kind={kind} question={question} model={model} onBegun={onBegun} step={step} {...shared} />;
}

interface PlanProps extends Omit<ConfirmProps, 'parameters'> {
  readonly question: Extract<Question, { state: 'asking' | 'expired' }>;
  readonly model: ConfirmModel;
  readonly title: string;
  readonly place: string;
  readonly onCancel: () => void;
}

function Plan({ kind, question, model, onBegun, step, ...shared }: PlanProps) {
  const { theme, draw, services } = useRoot();
  const console = useConsole();
  const now = useNow();
  const { look, until, phrase, state, again } = question;
  const { plan, gates } = look;
  const facts = factsOf(look, kind, theme);
  if (state === 'expired') {
    const text = again ? 'expired: the figures are looked at again' : 'expired: the figures may be others by now';
    const go = again ? undefined : 'Look again';
    const all: readonly Fact[] = [{ text, tone: 'warn' }, ...facts];
    return <Dialog key="expired" {...shared} facts={all} cancel="Close" go={go} onGo={() => model.again()} />;
  }
  const nothing = doesNothing(kind, plan);
  const begin = step ?? ((...confirmed) => services.changes.begin(...confirmed));
  const start = (confirmation: Confirmation) => {
    if (services.changes.getState().own !== undefined)
      return console.notify('this console changes the database already');
    const ending = begin(plan, confirmation);
    onBegun?.();
    console.back();
    const pks = kind.chosen && plan.rows === 1 ? plan.sample.map(({ pk }) => pk) : [];
    // One row stays where it was: what came of it fits into a line.
    if (pks.length === 0) console.open(begunView(kind));
    else void ending.then((ended) => endOfAct(services, pks, ended)).then((said) => console.notify(said));
  };
  if (nothing && step !== undefined) {
    const all: readonly Fact[] = [{ text: 'there is nothing to do', tone: 'title' }, ...facts];
    const done = () => start({ phrase: '', reason: undefined });
    return <Dialog key="nothing" {...shared} facts={all} cancel="Cancel" go="The step is done" onGo={done} />;
  }
  if (nothing || gates.some(({ state: gate }) => gate === 'red')) {
    const all: readonly Fact[] = nothing ? [{ text: 'there is nothing to do', tone: 'title' }, ...facts] : facts;
    return <Dialog key="closed" {...shared} facts={all} cancel="Close" />;
  }
  const wanted = phraseOf(kind.tier, plan);
  const asked: readonly Asked[] = [
    {
      text: model.reason,
      label: needsReason(kind, plan) ? 'reason (ticket)' : 'reason (may be empty)',
      required: needsReason(kind, plan),
    },
    ...(wanted === '' ? [] : [{ text: phrase, exactly: wanted, label: 'the phrase', required: true }]),
  ];
  const go = () => {
    const reason = model.reason.getText().trim().slice(0, REASON_CHARACTERS);
    // The timer may be late by a key.
    if (Date.now() >= until) return model.again();
    start({ phrase: phrase.getText(), reason: reason === '' ? undefined : reason });
  };
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  // A screen reader would speak each second.
  const notes = draw.screenReader ? [`expires at ${clock(until, false)}`] : [`expires in ${left} s`, `${left} s`];
  return (
    <Dialog
      key={plan.takenAt}
      {...shared}
      facts={facts}
      asked={asked}
      cancel="Cancel"
      go={goLabel(kind, plan)}
      notes={notes}
      onGo={go}
    />
  );
}

/** What happens, what is lost, how long it takes, how the gates stand. */
function factsOf({ plan, gates }: Look, kind: ChangeKind, { glyphs }: Theme): readonly Fact[] {
  const { chosen } = kind;
  const closed = gates.filter(({ state }) => state === 'red');
  const others = gates.filter(({ state }) => state !== 'red');
  const open = others.map((gate) => `${gateMark(gate, glyphs)} ${gateWords(gate)}`);
  const notes = plan.notes.map((text): Fact => ({ text, tone: chosen ? 'warn' : 'muted' }));
  return [
    ...closed.flatMap((gate): readonly Fact[] => [
      { text: `${gateMark(gate, glyphs)} ${gateWords(gate)}`, tone: GATE_TONES.red },
      { text: `  ${glyphs.arrow} ${gate.remedy}`, tone: 'plain' },
    ]),
    ...plan.loses.map((text): Fact => ({ text: `${glyphs.alert} lost for good: ${text}`, tone: 'bad' })),
    ...plan.summary.map((text): Fact => ({ text, tone: 'plain' })),
    // Which of the chosen rows are left alone, and what a strategy needs, is what a person confirms.
    ...(chosen ? notes : []),
    {
      text: `${estimateOf(kind, plan)} ${glyphs.dot} ${chosen ? 'rollback: ' : ''}${plan.rollback}`,
      tone: 'plain',
    },
    ...(open.length === 0 ? [] : [{ text: `gates  ${open.join('   ')}`, tone: 'plain' } as const]),
    ...(chosen ? [] : notes),
  ];
}
