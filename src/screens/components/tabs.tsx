import { Text } from 'ink';
import type { ChangesState } from '../../changes/store-state.ts';
import type { ChecksState } from '../../checks/store.ts';
import type { LiveState } from '../../live/store.ts';
import { fit, visible, width } from '../../model/text.ts';
import { useChanges, useChecks, useConsoleState, useLive, useRoot } from '../hooks/console.ts';
import { partsThatFit } from '../layout.ts';
import type { ConsoleState } from '../model.ts';

const screenOf = (state: ConsoleState) => state.screen;
/** Titles of the views that cover the screen, innermost last, as one text so that an equal one draws nothing. */
const trailOf = (state: ConsoleState) =>
  (state.views[state.screen] ?? []).map(({ title }) => title.replaceAll('\n', ' ')).join('\n');

const allOf = (state: ChecksState) => state;
const allChanges = (state: ChangesState) => state;

/** The screens with their number keys, a dot where something needs a person, and the way into a drill-down. */
export function Tabs({ columns }: { columns: number }) {
  const { model, theme, services } = useRoot();
  const current = useConsoleState(screenOf);
  const trail = useConsoleState(trailOf);
  const checks = useChecks(allOf);
  const changes = useChanges(allChanges);
  const { monitorHours } = services.context.changes;
  const dots = useLive((state: LiveState) =>
    model.screens
      .filter((screen) => screen.needsAttention?.(state, checks, { changes, monitorHours }))
      .map(({ id }) => id)
      .join(),
  ).split(',');
  const parts = model.screens.map((screen) => {
    const here = screen.id === current;
    const views = here && trail !== '' ? trail.split('\n') : [];
    const way = views.map((title) => ` ${theme.glyphs.cursor} ${visible(title, theme.ascii)}`).join('');
    // Brackets say where you are to those who see no colour.
    const name = `${screen.key} ${screen.title}${dots.includes(screen.id) ? theme.glyphs.attention : ''}`;
    const text = here ? `[${name}]${way}` : ` ${name} `;
    return { text, here, width: width(text), priority: here ? 1 : 2 };
  });
  const shown = partsThatFit(parts, columns, 0);
  const only = shown.length === 1 ? shown[0] : undefined;
  if (only !== undefined)
    return <Text {...theme.style('accent')}>{fit(only.text, columns, { ascii: theme.ascii })}</Text>;
  return (
    <Text wrap="truncate">
      {shown.map(({ text, here }) => (
        <Text key={text} {...theme.style(here ? 'accent' : 'muted')}>
          {text}
        </Text>
      ))}
    </Text>
  );
}
