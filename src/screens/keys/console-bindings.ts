import type { Binding } from '../contract.ts';
import type { Root } from '../hooks/console.ts';

/** What the menu of actions has. */
export const isAction = ({ keys, inMenu }: Binding): boolean => keys.length === 0 || inMenu === true;

/** The keys that every screen has, those of the screens among them. */
export function consoleBindings({
  model,
  services: { live, changes, runbooks },
  router,
  quit,
}: Root): readonly Binding[] {
  const state = () => live.getState();
  const back = () => {
    if (model.back()) return;
    if (state().refreshingSince === undefined) return;
    live.cancel();
    model.notify('the refresh was cancelled: R asks again');
  };
  const leaveWith = (code: number) => {
    if (changes.getState().own === undefined && runbooks.getState().own === undefined) quit(code);
    else model.askToLeave(code);
  };
  const leave = () => {
    if (!model.back()) leaveWith(0);
  };
  const noAction = () => (router.bindings().some(isAction) ? undefined : 'there is nothing more to do here');
  const toggleDeleted = () => {
    const included = !state().includesDeleted;
    live.setIncludesDeleted(included);
    model.notify(included ? 'soft-deleted rows are counted too' : 'only live rows are counted');
  };
  const interval = (change: () => void) => () => {
    change();
    model.notify(`refresh every ${Math.round(state().interval.seconds)} s`);
  };
  return [
    { id: 'help', keys: ['?'], title: 'Show the keys of this screen', hint: 'help', run: () => model.cover('help') },
    {
      id: 'palette',
      keys: [':'],
      title: 'Find an action or a screen',
      hint: 'command',
      run: () => model.cover('palette'),
    },
    {
      id: 'actions',
      keys: ['m'],
      title: 'Open the menu of actions',
      hint: 'actions',
      disabled: noAction,
      run: () => model.cover('actions'),
    },
    {
      id: 'pause',
      keys: ['p'],
      title: 'Pause the refresh, or go on',
      hint: 'pause',
      run: () => live.setPaused(!state().paused),
    },
    { id: 'quit', keys: ['q'], title: 'Back one level, quit at the root', hint: 'quit', run: leave },
    { id: 'back', keys: ['escape'], title: 'Back one level, or cancel a long query', run: back },
    ...model.screens.map((screen) => ({
      id: `screen-${screen.id}`,
      keys: [screen.key],
      title: `Go to ${screen.title}`,
      run: () => model.show(screen.id),
    })),
    { id: 'refresh', keys: ['R'], title: 'Refresh now', run: () => live.refresh() },
    { id: 'faster', keys: ['+'], title: 'Refresh more often', run: interval(() => live.faster()) },
    { id: 'slower', keys: ['-'], title: 'Refresh less often', run: interval(() => live.slower()) },
    {
      id: 'window',
      keys: ['t'],
      title: 'Next time window: 1 h, 24 h, 7 d, all',
      run: () => {
        model.nextWindow();
        model.notify(`window: ${model.getState().display.window}`);
      },
    },
    {
      id: 'zone',
      keys: ['z'],
      title: 'Times in UTC or in local time',
      run: () => {
        model.toggleLocalTime();
        model.notify(model.getState().display.localTime ? 'times are local' : 'times are UTC');
      },
    },
    { id: 'deleted', keys: ['D'], title: 'Count soft-deleted rows, or leave them out', run: toggleDeleted },
    { id: 'sql-log', keys: ['@'], title: 'Show the SQL of this session', run: () => model.cover('sql-log') },
    {
      id: 'filter',
      keys: ['/'],
      title: 'Filter the rows',
      disabled: () => 'there is no list of rows here',
      run: () => undefined,
    },
    { id: 'interrupt', keys: ['ctrl-c'], title: 'Quit', run: () => leaveWith(130) },
  ];
}
