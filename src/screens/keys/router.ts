import type { Binding } from '../contract.ts';
import type { KeyName, KeyPress } from './keys.ts';

/** Where keys go first: a text field, then whatever covers the screen, then the screen, then the console. */
export type Layer = 'overlay' | 'screen' | 'global';

/** A text field that has the cursor. */
export interface Field {
  /** @returns whether it made use of the key */
  type(press: KeyPress): boolean;
  paste(text: string): void;
}

interface Source {
  readonly layer: Layer;
  readonly bindings: () => readonly Binding[];
}

/** Sends each key to at most one binding. Knows nothing of React. */
export class KeyRouter {
  readonly #sources: Source[] = [];
  readonly #fields: Field[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #notify: (text: string) => void;

  /** @param notify says why a key does nothing */
  constructor(notify: (text: string) => void) {
    this.#notify = notify;
  }

  /** @param bindings is asked at each key, so that it can answer with the latest list */
  add(layer: Layer, bindings: () => readonly Binding[]): () => void {
    return this.#put(this.#sources, { layer, bindings });
  }

  addField(field: Field): () => void {
    return this.#put(this.#fields, field);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** To be called when a list of bindings may have changed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** What can be done on the screen and in the console, in the order of the layers; each key once. */
  bindings(): readonly Binding[] {
    return this.#reachable(['screen', 'global']);
  }

  /** What can be done right now: under an overlay only the overlay's own. */
  current(): readonly Binding[] {
    return this.#reachable(this.#covered() ? ['overlay'] : ['screen', 'global']);
  }

  press(press: KeyPress): void {
    const field = this.#fields.at(-1);
    if (press.name !== 'ctrl-c' && field !== undefined) {
      if (field.type(press) || press.text !== '') return;
    }
    const binding = this.#find(press.name);
    if (binding === undefined) return;
    const reason = binding.disabled?.();
    if (reason === undefined) binding.run();
    else this.#notify(`${binding.title}: ${reason}`);
  }

  /** Pasted text goes into the text field that has the cursor, and is never a command. */
  paste(text: string): void {
    const field = this.#fields.at(-1);
    if (field === undefined) this.#notify('pasted text ignored: press : or / first to paste into a field');
    else field.paste(text);
  }

  #find(name: KeyName): Binding | undefined {
    const found = this.current().find((binding) => binding.keys.includes(name));
    // Ctrl-C leaves from anywhere.
    if (found !== undefined || name !== 'ctrl-c') return found;
    return this.#reachable(['global']).find((binding) => binding.keys.includes(name));
  }

  #covered(): boolean {
    return this.#sources.some(({ layer }) => layer === 'overlay');
  }

  #reachable(layers: readonly Layer[]): readonly Binding[] {
    const taken = new Set<KeyName>();
    const reachable: Binding[] = [];
    for (const wanted of layers) {
      const sources = this.#sources.filter(({ layer }) => layer === wanted).reverse();
      // Of several overlays only the uppermost hears keys.
      for (const source of wanted === 'overlay' ? sources.slice(0, 1) : sources) {
        for (const binding of source.bindings()) {
          const keys = binding.keys.filter((key) => !taken.has(key));
          for (const key of keys) taken.add(key);
          if (keys.length > 0 || binding.keys.length === 0) reachable.push({ ...binding, keys });
        }
      }
    }
    return reachable;
  }

  #put<Item>(items: Item[], item: Item): () => void {
    items.push(item);
    this.changed();
    return () => {
      items.splice(items.indexOf(item), 1);
      this.changed();
    };
  }
}
