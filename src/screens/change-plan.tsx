import { Box } from 'ink';
import { useEffect, useMemo } from 'react';
import type { ChangeKind, Parameters } from '../changes/change.ts';
import type { Look } from '../changes/guarded-path.ts';
import { type ChangesState, type Looked, parametersFor } from '../changes/store-state.ts';
import { BACKUP_COLUMN } from '../model/columns.ts';
import { age, counted } from '../model/format.ts';
import { planLines } from './change-plan-lines.ts';
import { useChangeActions } from './changes-actions.tsx';
import { doesNothing, lookedAt } from './changes-lines.ts';
import { prose } from './check-text.ts';
import type { Fact } from './components/dialog-parts.tsx';
import { Head } from './components/head.tsx';
import { TextList } from './components/text-list.tsx';
import type { View } from './contract.ts';
import { useChanges, useServices, useSize, useTheme, useVisible } from './hooks/console.ts';
import { useKeys } from './hooks/keys.ts';
import { useNow } from './hooks/now.ts';
import type { Theme, Tone } from './theme.ts';

/** What a change would do, and whether it may. Without parameters, with those that a person has chosen by then. */
export const planView = (kind: ChangeKind, parameters?: Parameters): View => ({
  title: 'plan',
  element: <PlanText change={kind.id} parameters={parameters} />,
});

interface PlanTextProps {
  readonly change: string;
  readonly parameters: Parameters | undefined;
  /** Why it is shown, where nobody opened it. */
  readonly note?: string;
}

const all = (state: ChangesState): ChangesState => state;

export function PlanText({ change, parameters: given, note }: PlanTextProps) {
  const theme = useTheme();
  const { columns, rows } = useSize();
  const { changes: store } = useServices();
  const visible = useVisible();
  const state = useChanges(all);
  const parameters = useMemo(() => given ?? parametersFor(state, change), [given, state, change]);
  const kind = state.kinds?.find(({ id }) => id === change);
  const looked = lookedAt(state, change, parameters);
  // A view that was just opened looks, and so does one whose parameters or runs have changed.
  const wanted = visible && state.kinds !== undefined && looked === undefined && state.own === undefined;
  const key = JSON.stringify(parameters);
  useEffect(() => {
    const chosen: unknown = JSON.parse(key);
    if (wanted && typeof chosen === 'object') void store.look(change, { ...chosen });
  }, [store, change, key, wanted]);
  useEffect(() => void store.load(), [store]);
  const cancelling = looked?.looking === true;
  useKeys([
    {
      id: 'refresh',
      keys: ['R'],
      title: 'Look again',
      hint: 'look again',
      run: () => void store.look(change, parameters),
    },
    ...(cancelling
      ? [{ id: 'cancel-looking', keys: ['escape'], title: 'Cancel the look', run: () => store.cancelLooks() }]
      : []),
  ]);
  useChangeActions({ plan: kind === undefined ? undefined : { kind, parameters } });
  const head = headOf({ kind, looked, note }, useNow(visible ? 10 : 60), columns - 2, theme).slice(
    0,
    Math.max(1, rows - 4),
  );
  return (
    <Box flexDirection="column">
      <Head facts={head} />
      {kind !== undefined && looked?.look !== undefined && (
        <PlanBody kind={kind} look={looked.look} height={Math.max(1, rows - head.length)} />
      )}
    </Box>
  );
}

interface PlanBodyProps {
  readonly kind: ChangeKind;
  readonly look: Look;
  readonly height: number;
}

function PlanBody({ kind, look, height }: PlanBodyProps) {
  const theme = useTheme();
  const { columns: width } = useSize();
  const { columns: names } = useServices().context;
  const lines = useMemo(() => {
    const shown = { v1: names.calcom_booking_id, v2: names.calcom_v2_booking_id, backup: names[BACKUP_COLUMN] };
    return planLines(kind, look, shown, { width: width - 3, theme });
  }, [kind, look, names, width, theme]);
  return <TextList lines={lines} width={width} height={height} empty="" />;
}

interface Head {
  readonly kind: ChangeKind | undefined;
  readonly looked: Looked | undefined;
  readonly note: string | undefined;
}

/** What the plan is for and how it stands, above the plan itself. */
function headOf({ kind, looked, note }: Head, now: number, width: number, { ascii, glyphs }: Theme): readonly Fact[] {
  if (kind === undefined) return [{ text: 'loading the changes', tone: 'muted' }];
  const lines = (text: string, tone: Tone) => prose(text, width, ascii).map((line) => ({ text: line, tone }));
  const { look, problem, looking = false, at } = looked ?? {};
  const ago = at === undefined ? '' : `looked ${age(Math.max(0, now - at) / 1000)} ago, R looks again`;
  const reds = look?.gates.filter(({ state }) => state === 'red').length ?? 0;
  const state = looking
    ? 'looking at the database: Esc cancels'
    : look === undefined
      ? 'nobody has looked yet: R looks'
      : doesNothing(kind, look.plan)
        ? 'there is nothing to do'
        : reds > 0
          ? `${counted(reds, 'gate')} in the way`
          : 'ready: m opens the actions';
  const tone: Tone = looking ? 'accent' : reds > 0 ? 'bad' : 'plain';
  return [
    { text: kind.title, tone: 'title' },
    ...(note === undefined ? [] : lines(`${glyphs.alert} ${note}`, 'bad')),
    ...(problem === undefined ? [] : lines(`${glyphs.alert} ${problem.message}: ${problem.remedy}`, 'bad')),
    ...(problem !== undefined && look === undefined
      ? []
      : [{ text: [state, ...(ago === '' || looking ? [] : [ago])].join(` ${glyphs.dot} `), tone }]),
  ];
}
