import { useState } from 'react';
import type { Parameters } from '../changes/change.ts';
import { noStrategy } from '../changes/retry/rules.ts';
import { act } from '../changes/review/act.ts';
import type { ChangesState } from '../changes/store-state.ts';
import { counted } from '../model/format.ts';
import { confirmView } from './change-confirm.tsx';
import { busyBecause } from './changes-lines.ts';
import type { Binding } from './contract.ts';
import { useChanges, useConsole, useLive, useServices } from './hooks/console.ts';

/** What an action of the review queue can be about. */
export interface Chosen {
  /** Primary keys: the marked rows, or the one under the cursor. */
  readonly pks: readonly string[];
  readonly marked: boolean;
  /** All that the list shows; undefined where there is no list. */
  readonly all:
    | {
        /** `1,204 of 5,310 that match` */
        readonly words: string;
        readonly empty: boolean;
        readonly parameters: Parameters;
      }
    | undefined;
  /** The key that retries; undefined where none does. */
  readonly key?: 'r';
  /** Told when the marks have done their work. */
  readonly onBegun?: () => void;
}

/** Where nobody confirms, by the change. */
const AT_ONCE = {
  'take-review': 'Take',
  'release-review': 'Release',
} as const;

const all = (state: ChangesState): ChangesState => state;

/** Makes the actions of the review queue for some rows: each with the reason where it can't be done now. */
export function useReviewActions(): (chosen: Chosen) => readonly Binding[] {
  const console = useConsole();
  const services = useServices();
  const { changes: store, context } = services;
  useChanges(all);
  const server = useLive((live) => live.server);
  const [acting, setActing] = useState<string>();
  const now = (id: string, pks: readonly string[] | undefined): string | undefined => {
    const busy = busyBecause(store.getState(), { context, server });
    if (busy !== undefined) return busy;
    if (id === 'retry-review' && context.retry === undefined) {
      const { message, remedy } = noStrategy(context);
      return `${message}: ${remedy}`;
    }
    if (acting !== undefined) return `${acting} is under way`;
    return pks?.length === 0 ? 'the list is empty' : undefined;
  };
  const confirm = async (id: string, parameters: Parameters, onBegun: (() => void) | undefined) => {
    await store.load();
    const kind = store.getState().kinds?.find((candidate) => candidate.id === id);
    if (kind !== undefined) console.open(confirmView(kind, parameters, onBegun));
  };
  const atOnce = async (change: string, pks: readonly string[], reason?: string) => {
    const what = pks.length === 1 ? `row ${pks[0]}` : counted(pks.length, 'row');
    setActing(what);
    console.notify(`${what}: looking`);
    try {
      console.notify(await act(services, { change, pks, reason }));
    } finally {
      setActing(undefined);
    }
  };
  const askForNote = (pks: readonly string[], what: string) =>
    console.prompt({
      label: `note about ${what}`,
      initial: '',
      note: 'everybody sees it',
      submit: (text) => {
        if (text.trim() === '') return 'write something, or leave with Esc';
        void atOnce('note-review', pks, text.trim());
        return undefined;
      },
    });
  return ({ pks, marked, all: everything, key, onBegun }) => {
    const what = !marked ? 'the row' : pks.length === 1 ? 'the marked row' : `the ${counted(pks.length, 'marked row')}`;
    const retry = () => {
      if (pks.length > 1) return void confirm('retry-review', { ids: pks }, onBegun);
      onBegun?.();
      return void atOnce('retry-review', pks);
    };
    const action = (id: string, title: string, run: () => void, more: Partial<Binding> = {}): Binding => ({
      id,
      keys: [],
      title,
      // Of this moment: a menu stays open while a run goes on.
      disabled: () => now(id, pks),
      run,
      ...more,
    });
    const allOf = (id: string, title: string): readonly Binding[] =>
      everything === undefined
        ? []
        : [
            {
              ...action(
                `${id}-all`,
                `${title} all ${everything.words}`,
                () => void confirm(id, everything.parameters, onBegun),
              ),
              disabled: () => now(id, everything.empty ? [] : undefined),
            },
          ];
    return [
      action('retry-review', `Retry ${what}`, retry, {
        keys: key === undefined ? [] : [key],
        inMenu: true,
        ...(key !== undefined && { hint: 'retry' }),
      }),
      ...allOf('retry-review', 'Retry'),
      action(
        'dismiss-review',
        `Dismiss ${what}, with a reason`,
        () => void confirm('dismiss-review', { ids: pks }, onBegun),
      ),
      ...allOf('dismiss-review', 'Dismiss'),
      ...Object.entries(AT_ONCE).map(([id, title]) => action(id, `${title} ${what}`, () => void atOnce(id, pks))),
      action('note-review', `Note something about ${what}`, () => askForNote(pks, what)),
      ...(acting === undefined
        ? []
        : [
            {
              id: 'cancel-looking',
              keys: ['escape'],
              title: 'Cancel the look',
              run: () => store.cancelLooks(),
            },
          ]),
    ];
  };
}
