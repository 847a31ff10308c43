import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { fit, visible, width } from '../../model/text.ts';
import type { Binding } from '../contract.ts';
import type { Layer } from '../keys/router.ts';
import { useRoot, useVisible } from './console.ts';

/**
 * The keys of a view while it is on screen. The list may be a new one at each drawing; a binding that makes no sense
 * now is left out of it, one that can't be done now says why (`disabled`). Of two with the same key the outer
 * component's wins, and a screen's wins over the console's.
 */
export function useKeys(bindings: readonly Binding[], layer: Layer = 'screen'): void {
  const { router } = useRoot();
  const visible = useVisible() || layer !== 'screen';
  const latest = useRef(bindings);
  useLayoutEffect(() => {
    latest.current = bindings;
    router.changed();
  });
  useLayoutEffect(() => {
    return visible ? router.add(layer, () => latest.current) : undefined;
  }, [router, layer, visible]);
}

/** What the `/` filter asks for. */
export interface Filter {
  readonly needle: string;
  /** `!` before the text: rows without it. */
  readonly inverse: boolean;
}

/** A filter from what was typed: `!` first inverts, `\!` is a plain exclamation mark. */
function filterOf(text: string): Filter | undefined {
  const inverse = text.startsWith('!');
  const needle = (inverse || text.startsWith('\\!') ? text.slice(1) : text).trim();
  return needle === '' ? undefined : { needle, inverse };
}

/** Cells of a filter's text that a line has room for beside what else it says. */
const FILTER_CELLS = 20;

/** A filter as a line says it: `filter "LINE1"`, or `not "LINE1"` for the rows without it. */
export function filterWords({ needle, inverse }: Filter, ascii: boolean): string {
  const whole = visible(needle, ascii);
  const shown = width(whole) > FILTER_CELLS ? fit(whole, FILTER_CELLS, { ascii }) : whole;
  return `${inverse ? 'not' : 'filter'} "${shown}"`;
}

/** The filter of this view: `/` asks for it, Esc clears it. */
export function useFilter(): Filter | undefined {
  const { model } = useRoot();
  const [filter, setFilter] = useState<Filter>();
  const text = filter === undefined ? '' : `${filter.inverse ? '!' : ''}${filter.needle}`;
  const submit = useCallback((answer: string) => {
    setFilter(filterOf(answer));
    return undefined;
  }, []);
  const ask = () => model.prompt({ label: '/', initial: text, note: 'Enter filters, ! before it inverts', submit });
  const bindings: Binding[] = [{ id: 'filter', keys: ['/'], title: 'Filter the rows', hint: 'filter', run: ask }];
  if (filter !== undefined) {
    bindings.push({
      id: 'clear-filter',
      keys: ['escape'],
      title: `Clear the filter ${text}`,
      run: () => setFilter(undefined),
    });
  }
  useKeys(bindings);
  return filter;
}
