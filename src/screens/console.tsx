import { Box, render, useInput, usePaste, useWindowSize } from 'ink';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { counted } from '../model/format.ts';
import { Connecting, StaleBanner, StopBanner } from './components/banner.tsx';
import { Footer } from './components/footer.tsx';
import { Header } from './components/header.tsx';
import { PromptLine } from './components/prompt.tsx';
import { Rule } from './components/rule.tsx';
import { Tabs } from './components/tabs.tsx';
import type { DrawOptions, Screen, Services } from './contract.ts';
import {
  type Root,
  RootContext,
  SizeContext,
  useConsoleState,
  useLive,
  useRoot,
  VisibleContext,
} from './hooks/console.ts';
import { useKeys } from './hooks/keys.ts';
import { useStops } from './hooks/stops.ts';
import { consoleBindings } from './keys/console-bindings.ts';
import { pressesIn } from './keys/keys.ts';
import { KeyQueue } from './keys/queue.ts';
import { KeyRouter } from './keys/router.ts';
import { chromeFor } from './layout.ts';
import { ConsoleModel, type ConsoleState, type Overlay } from './model.ts';
import { Actions } from './overlays/actions.tsx';
import { Help } from './overlays/help.tsx';
import { Leave } from './overlays/leave.tsx';
import { Palette } from './overlays/palette.tsx';
import { SqlLogOverlay } from './overlays/sql-log.tsx';
import { SCREENS } from './registry.ts';
import { stillChanges, stillLive } from './still.ts';
import { copyTo } from './terminal/clipboard.ts';
import { exportPrompt } from './terminal/export.ts';
import { guardTerminal, type TerminalInput, type TerminalOutput } from './terminal/restore.ts';
import { themeFor } from './theme.ts';

const OVERLAYS: Readonly<Record<Overlay, () => ReactNode>> = {
  help: Help,
  palette: Palette,
  'sql-log': SqlLogOverlay,
  actions: Actions,
  leave: Leave,
};

const allOf = (state: ConsoleState): ConsoleState => state;

/** Every screen that was visited, with its views; only the uppermost of the present one is drawn. */
function Views() {
  const { model } = useRoot();
  const { screen: current, views, overlay } = useConsoleState(allOf);
  return model.screens.flatMap(({ id, component: Root }) => {
    const stack = views[id];
    if (stack === undefined) return [];
    const levels = [{ number: 0, element: <Root /> }, ...stack];
    return levels.map(({ number, element }, level) => (
      <Covered key={`${id} ${number}`} shown={overlay === undefined && id === current && level === stack.length}>
        {element}
      </Covered>
    ));
  });
}

function Covered({ shown, children }: { shown: boolean; children: ReactNode }) {
  return (
    <VisibleContext value={shown}>
      <Box display={shown ? 'flex' : 'none'} flexDirection="column">
        {children}
      </Box>
    </VisibleContext>
  );
}

/** The lines around the screen, as many as there is room for, and the screen or what covers it. */
function Layout() {
  const { draw } = useRoot();
  const { columns, rows } = useWindowSize();
  const stale = useLive(({ phase, snapshot }) => phase === 'stale' && snapshot !== undefined);
  const hasData = useLive(({ snapshot }) => snapshot !== undefined);
  const overlay = useConsoleState((state) => state.overlay);
  const prompt = useConsoleState((state) => state.prompt);
  const stops = useStops();
  const stopped = stops.length > 0;
  const chrome = chromeFor({ columns, rows }, Number(stale) + Number(stopped));
  const { body } = chrome;
  const rules = chrome.rules && !draw.screenReader;
  const size = useMemo(() => ({ columns: body.columns, rows: body.rows }), [body.columns, body.rows]);
  const Overlay = overlay === undefined ? undefined : OVERLAYS[overlay];
  return (
    <Box flexDirection="column" width={columns} {...(draw.screenReader ? {} : { height: rows, overflowY: 'hidden' })}>
      {chrome.header && <Header columns={columns} stopped={stopped} />}
      {stopped && <StopBanner columns={columns} stops={stops} />}
      {chrome.tabs && <Tabs columns={columns} />}
      {rules && <Rule columns={columns} />}
      {stale && <StaleBanner columns={columns} />}
      <Box flexDirection="column" {...(draw.screenReader ? {} : { height: size.rows, overflowY: 'hidden' })}>
        <SizeContext value={size}>
          {hasData && <Views />}
          {!hasData && overlay === undefined && <Connecting />}
          {Overlay !== undefined && <Overlay />}
        </SizeContext>
      </Box>
      {prompt !== undefined && rules && <Rule columns={columns} />}
      {prompt !== undefined && <PromptLine key={prompt.label} prompt={prompt} columns={columns} />}
      {prompt === undefined && chrome.footer && <Footer columns={columns} lines={rules ? 2 : 1} />}
    </Box>
  );
}

/** Hears every key and every paste of the console, and knows nothing of what they do. */
function Keys() {
  const root = useRoot();
  const { model, router } = root;
  const [queue] = useState(() => new KeyQueue());
  const [bindings] = useState(() => consoleBindings(root));
  useKeys(bindings, 'global');
  const paste = (text: string) => queue.add(() => router.paste(text));
  useInput((input, key) => {
    model.clearNotice();
    const heard = pressesIn(input, key);
    if ('pasted' in heard) paste(heard.pasted);
    else for (const press of heard.presses) queue.add(() => router.press(press));
  });
  usePaste(paste);
  return null;
}

/** Says what was taken off the review queue by itself. */
function Notes() {
  const { model, services } = useRoot();
  useEffect(() => {
    let said = services.changes.getState().settled;
    return services.changes.subscribe(() => {
      const { settled } = services.changes.getState();
      if (settled === undefined || settled === said) return;
      said = settled;
      const { rows, problem } = settled;
      model.notify(problem ?? `${counted(rows, 'retry has', 'retries have')} succeeded: off the queue`);
    });
  }, [model, services]);
  return null;
}

/** Where a console is drawn and where its keys come from. */
export interface ConsoleStreams {
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
}

export interface OpenConsole {
  /** Resolves when the person has left or a signal came: 0, 130, 143 or 129. Rejects with a bug, as thrown. */
  readonly ended: Promise<number>;
  /** Leaves at once, with the terminal as it was found. */
  quit(code: number): void;
}

/** Pictures a second: enough for a key to show within 20 ms, and few enough for a slow link. */
const FPS = { normal: 60, lowBandwidth: 5 } as const;

/**
 * Draws the console until the person leaves. The terminal is as it was found whatever ends it; the services stay open
 * and are the caller's to close.
 */
export function renderConsole(
  services: Services,
  draw: DrawOptions,
  { stdin, stdout }: ConsoleStreams,
  screens: readonly Screen[] = SCREENS,
): OpenConsole {
  const ended = Promise.withResolvers<number>();
  const model = new ConsoleModel(screens, { copy: copyTo(stdout, process.env), exportPrompt });
  const router = new KeyRouter(model.notify);
  const restore = () => {
    instance.unmount();
    guard.release();
  };
  const quit = (code: number) => {
    restore();
    ended.resolve(code);
  };
  const fail = (error: unknown) => {
    restore();
    ended.reject(error);
  };
  const guard = guardTerminal({ stdin, stdout, quit, fail });
  const drawn = draw.screenReader ? stillLive(services.live) : services.live;
  const drawnChanges = draw.screenReader ? stillChanges(services.changes) : services.changes;
  const root: Root = { services, drawn, drawnChanges, model, router, theme: themeFor(draw), draw, quit };
  const instance = render(
    <RootContext value={root}>
      <Keys />
      <Notes />
      <Layout />
    </RootContext>,
    {
      stdin,
      stdout,
      exitOnCtrlC: false,
      // What is logged goes above the screen only where both are the same terminal.
      patchConsole: stdout === process.stdout,
      alternateScreen: !draw.screenReader,
      incrementalRendering: true,
      // Ink draws nothing where the variable CI is set unless told that somebody is looking.
      interactive: Boolean(stdout.isTTY),
      isScreenReaderEnabled: draw.screenReader,
      maxFps: draw.lowBandwidth ? FPS.lowBandwidth : FPS.normal,
    },
  );
  instance.waitUntilExit().then(() => undefined, fail);
  return { ended: ended.promise, quit };
}
