import type { ChangeKind, Parameters } from '../changes/change.ts';
import type { Look } from '../changes/guarded-path.ts';
import type { ChangesStore } from '../changes/store-state.ts';
import type { Problem } from '../model/problem.ts';
import { TextModel } from './keys/field.ts';

/** What a person is asked about. The database may go on meanwhile: nothing of this does. */
export type Question =
  | { readonly state: 'looking' }
  | { readonly state: 'failed'; readonly problem: Problem }
  | {
      readonly state: 'asking' | 'expired';
      readonly look: Look;
      /** Local milliseconds. */
      readonly until: number;
      /** A new one for each look: what was typed was about other figures. */
      readonly phrase: TextModel;
      /** Whether it is looked at again already. */
      readonly again: boolean;
    };

/** A confirmation from the look that it is about to its end or expiry. Knows nothing of React. */
export class ConfirmModel {
  /** Stays what it is over an expiry. */
  readonly reason = new TextModel('');
  readonly #store: ChangesStore;
  readonly #kind: ChangeKind;
  readonly #parameters: Parameters;
  readonly #listeners = new Set<() => void>();
  #question: Question = { state: 'looking' };
  #timer: NodeJS.Timeout | undefined;
  #open = false;
  #looking = false;

  constructor(store: ChangesStore, kind: ChangeKind, parameters: Parameters) {
    this.#store = store;
    this.#kind = kind;
    this.#parameters = parameters;
  }

  getQuestion = (): Question => this.#question;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  open(): void {
    this.#open = true;
    void this.#look();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    if (this.#looking) this.#store.cancelLooks();
  }

  /** Looks again after an expiry or a failure. */
  again(): void {
    if (this.#looking) return;
    if (this.#question.state === 'expired') this.#set({ ...this.#question, again: true });
    else this.#set({ state: 'looking' });
    void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const { look, problem } = await this.#store.look(this.#kind.id, this.#parameters);
    this.#looking = false;
    if (!this.#open) return;
    if (problem !== undefined) return this.#set({ state: 'failed', problem });
    if (look === undefined) return;
    const until = Date.now() + this.#store.confirmMs;
    this.#set({ state: 'asking', look, until, phrase: new TextModel(''), again: false });
    this.#timer = setTimeout(() => this.#expire(), this.#store.confirmMs);
  }

  /** Looks again by itself for somebody who is there; for nobody the table is not read each minute. */
  #expire(): void {
    if (this.#question.state !== 'asking') return;
    const { phrase } = this.#question;
    const there = phrase.getText() !== '' || this.reason.getText() !== '';
    this.#set({ ...this.#question, state: 'expired' });
    if (there) this.again();
  }

  #set(question: Question): void {
    this.#question = question;
    for (const listener of this.#listeners) listener();
  }
}
