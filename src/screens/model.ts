import { nextWindow } from '../model/windows.ts';
import type { Console, Display, Export, Prompt, Screen, View } from './contract.ts';

/** What covers the screen. */
export type Overlay = 'help' | 'palette' | 'sql-log' | 'actions' | 'leave';

interface Notice {
  readonly text: string;
  /** Grows with each notice, so that the same text shown again counts as new. */
  readonly number: number;
}

/** A view with a number of its own, so that one opened anew starts anew. */
export interface OpenView extends View {
  readonly number: number;
}

export interface ConsoleState {
  /** The screen's id. */
  readonly screen: string;
  /** By screen id, the views that cover it, the uppermost last. A screen is there from its first visit on. */
  readonly views: Readonly<Record<string, readonly OpenView[]>>;
  readonly overlay: Overlay | undefined;
  /** With which exit code a person wants to leave, while `leave` asks about it. */
  readonly leaving: number;
  readonly prompt: Prompt | undefined;
  readonly notice: Notice | undefined;
  readonly display: Display;
}

/** What the console needs from the world around it. */
export interface World {
  /** Text for the person's clipboard; answers with what to say. */
  readonly copy: (text: string, what: string) => string;
  /** The prompt for an export. */
  readonly exportPrompt: (rows: Export, notify: (text: string) => void) => Prompt;
}

/** Where a person is in the console and what is open. Screens change it through `Console`. */
export class ConsoleModel implements Console {
  #state: ConsoleState;
  #opened = 0;
  readonly #screens: readonly Screen[];
  readonly #world: World;
  readonly #listeners = new Set<() => void>();

  constructor(screens: readonly Screen[], world: World) {
    const screen = screens[0]?.id ?? '';
    this.#screens = screens;
    this.#world = world;
    this.#state = {
      screen,
      views: { [screen]: [] },
      overlay: undefined,
      leaving: 0,
      prompt: undefined,
      notice: undefined,
      display: { window: '24h', localTime: false },
    };
  }

  getState = (): ConsoleState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get screens(): readonly Screen[] {
    return this.#screens;
  }

  open(view: View): void {
    this.#opened += 1;
    this.#setViews([...this.#views(), { ...view, number: this.#opened }]);
  }

  back(): boolean {
    const views = this.#views();
    if (views.length === 0) return false;
    this.#setViews(views.slice(0, -1));
    return true;
  }

  /** The screen that is shown already goes back to its root. */
  show(screen: string): void {
    if (screen === this.#state.screen) this.#setViews([]);
    else this.#set({ screen, views: { [screen]: [], ...this.#state.views } });
  }

  notify = (text: string): void => {
    this.#set({ notice: { text, number: (this.#state.notice?.number ?? 0) + 1 } });
  };

  clearNotice(): void {
    if (this.#state.notice !== undefined) this.#set({ notice: undefined });
  }

  copy(text: string, what: string): void {
    this.notify(this.#world.copy(text, what));
  }

  prompt(prompt: Prompt): void {
    this.#set({ prompt });
  }

  closePrompt(): void {
    this.#set({ prompt: undefined });
  }

  exportRows(rows: Export): void {
    this.prompt(this.#world.exportPrompt(rows, this.notify));
  }

  /** Opens an overlay, or closes whatever overlay is open. */
  cover(overlay: Overlay | undefined): void {
    this.#set({ overlay });
  }

  /** Asks whether to leave although something is under way. */
  askToLeave(code: number): void {
    this.#set({ overlay: 'leave', prompt: undefined, leaving: code });
  }

  nextWindow(): void {
    const window = nextWindow(this.#state.display.window);
    this.#set({ display: { ...this.#state.display, window } });
  }

  toggleLocalTime(): void {
    this.#set({ display: { ...this.#state.display, localTime: !this.#state.display.localTime } });
  }

  #views(): readonly OpenView[] {
    return this.#state.views[this.#state.screen] ?? [];
  }

  #setViews(views: readonly OpenView[]): void {
    this.#set({ views: { ...this.#state.views, [this.#state.screen]: views } });
  }

  #set(change: Partial<ConsoleState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
