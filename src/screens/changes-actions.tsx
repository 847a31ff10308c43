import type { ChangeKind, Parameters } from '../changes/change.ts';
import { standingOf } from '../changes/progress.ts';
import { type ChangesState, parametersFor } from '../changes/store-state.ts';
import type { Run } from '../model/run.ts';
import { movesOf } from '../rollback/phase.ts';
import { askView, type Wish } from './change-ask.tsx';
import { confirmView } from './change-confirm.tsx';
import { decisionsView } from './change-decisions.tsx';
import { closedBecause, type Ground, notNow, openRun } from './changes-lines.ts';
import type { Binding, Console } from './contract.ts';
import { useChanges, useConsole, useLive, useServices } from './hooks/console.ts';
import { useKeys } from './hooks/keys.ts';
import { levelsView } from './rollback-levels.tsx';

/** What the place offers: every change, one plan, or the rollback of a run. */
interface Offered {
  readonly every?: boolean;
  readonly plan?: { readonly kind: ChangeKind; readonly parameters: Parameters } | undefined;
  readonly back?: Run;
}

const all = (state: ChangesState): ChangesState => state;

/** What can be done about changes, none of it by a key of its own: the action menu and the palette have it. */
export function useChangeActions({ every = false, plan, back }: Offered): void {
  const console = useConsole();
  const { changes: store, context } = useServices();
  const state = useChanges(all);
  const server = useLive((live) => live.server);
  const ground = { context, server };
  const kinds = (state.kinds ?? []).filter(({ chosen }) => chosen === undefined);
  const planned = every
    ? kinds.map((kind) => ({ kind, parameters: parametersFor(state, kind.id) }))
    : plan === undefined
      ? []
      : [plan];
  const begin = planned.map(
    ({ kind, parameters }): Binding => ({
      id: kind.id,
      keys: [],
      title: kind.title,
      // Of this moment: a menu stays open while a run goes on.
      disabled: () => notNow(kind, parameters, store.getState(), ground),
      run: () => console.open(confirmView(kind, parameters)),
    }),
  );
  const askForDump = () =>
    console.prompt({
      label: 'a dump of the database',
      initial: state.backup ?? '',
      note: 'the path of its file; empty takes it back',
      submit: (path) => {
        store.setBackup(path.trim() === '' ? undefined : path.trim());
        void store.lookAll();
        return undefined;
      },
    });
  useKeys([
    ...begin,
    ...(back === undefined ? [] : rollbackOf(back, state.kinds, { now: store.getState, ground, console })),
    ...runActions({ now: store.getState, ground, console }, async (run) => {
      const problem = await store.ask(run, 'pause');
      console.notify(
        problem === undefined
          ? `run ${run.id} pauses at the end of its batch`
          : `${problem.message}: ${problem.remedy}`,
      );
    }),
    ...(back === undefined
      ? [
          {
            id: 'rollback-levels',
            keys: [],
            title: 'Which level of a rollback is called for',
            run: () => console.open(levelsView()),
          },
          {
            id: 'decide',
            keys: [],
            title: 'Decide about conflict and review rows',
            run: () => console.open(decisionsView()),
          },
          {
            id: 'forget-decisions',
            keys: [],
            title: 'Take all decisions back',
            disabled: () => (Object.keys(state.decisions).length === 0 ? 'nothing is decided yet' : undefined),
            run: () => store.forgetDecisions(),
          },
          { id: 'name-dump', keys: [], title: 'Name the file of a dump as the backup', run: askForDump },
        ]
      : []),
  ]);
}

interface Around {
  /** What is known of the changes when a key is pressed. */
  readonly now: () => ChangesState;
  readonly ground: Ground;
  readonly console: Console;
}

/** The rollback of one move, if it is one that can be taken back. */
function rollbackOf(run: Run, kinds: ChangesState['kinds'], { now, ground, console }: Around): readonly Binding[] {
  const kind = kinds?.find(({ id }) => id === 'rollback-booking-ids');
  if (kind === undefined || run.change !== 'move-booking-ids') return [];
  const parameters = { runs: [run.id] };
  const gone = () =>
    movesOf(now().runs ?? []).some(({ id }) => id === run.id) ? undefined : 'a cleanup was made since';
  return [
    {
      id: 'roll-back-run',
      keys: [],
      title: `Roll back run ${run.id}`,
      disabled: () => gone() ?? notNow(kind, parameters, now(), ground),
      run: () => console.open(confirmView(kind, parameters)),
    },
  ];
}

/** What can be done about the run that has not ended. */
function runActions({ now, ground, console }: Around, pause: (run: Run) => Promise<void>): readonly Binding[] {
  const closed = closedBecause(ground);
  const needs = (more: (run: Run, state: ChangesState) => string | undefined) => () => {
    if (closed !== undefined) return `${closed.why}: ${closed.remedy}`;
    const state = now();
    const run = openRun(state);
    return run === undefined ? 'no run is under way' : more(run, state);
  };
  const ask = (wish: Wish) => () => console.open(askView(wish));
  return [
    {
      id: 'pause-run',
      keys: [],
      title: 'Pause the run',
      disabled: needs((found, { lease }) => {
        const standing = standingOf(found, lease);
        if (standing !== 'running') return `run ${found.id} is ${standing}`;
        return found.request === undefined ? undefined : `${found.request} was asked for already`;
      }),
      run: () => {
        const run = openRun(now());
        if (run !== undefined) void pause(run);
      },
    },
    {
      id: 'resume-run',
      keys: [],
      title: 'Resume the run',
      disabled: needs((found, { lease, own }) => {
        if (own !== undefined) return 'it runs here';
        return lease === undefined ? undefined : `${lease.holder} works on run ${found.id}: take it over`;
      }),
      run: ask('resume'),
    },
    {
      id: 'cancel-run',
      keys: [],
      title: 'Cancel the run',
      disabled: needs(({ request }) => (request === 'cancel' ? 'that was asked for already' : undefined)),
      run: ask('cancel'),
    },
    {
      id: 'take-over-run',
      keys: [],
      title: 'Take over the run',
      disabled: needs((_, { lease, own }) => {
        if (own !== undefined) return 'it runs here';
        return lease === undefined ? 'nobody holds it: resume it' : undefined;
      }),
      run: ask('take over'),
    },
  ];
}
