import type { FullRow } from '../data/queries/read-rows.ts';
import { fit } from '../model/text.ts';
import { distance, stamp, timeOf } from '../model/time.ts';
import { wrap } from '../model/wrap.ts';
import type { Tone } from './theme.ts';

export type Field = FullRow['fields'][number];

/** One line on screen of a field's value. */
export interface FieldLine {
  readonly field: Field;
  /** 0 for the line that has the name. */
  readonly part: number;
  readonly head: string;
  readonly text: string;
  readonly tone: Tone;
}

export interface FieldsOptions {
  readonly columns: number;
  readonly now: number;
  readonly local: boolean;
  readonly ascii: boolean;
}

/** Columns that a name or a type gets: longer ones are cut, and said in full under the cursor. */
const LONGEST_NAME = 26;
const LONGEST_TYPE = 20;
/** Below this many columns values need all the room that there is. */
const WITH_TYPES = 70;

const isTime = (type: string): boolean => /^(timestamp|datetime)/i.test(type);

function valueOf({ type, value }: Field, now: number, local: boolean): { readonly text: string; readonly tone: Tone } {
  if (value === null) return { text: 'NULL', tone: 'muted' };
  if (value === '') return { text: '(empty text)', tone: 'muted' };
  const at = isTime(type) ? timeOf(value) : undefined;
  if (at !== undefined) return { text: `${stamp(at, local)}  ${distance(at, now)}`, tone: 'plain' };
  return { text: value, tone: 'plain' };
}

/** Every field in as many lines as its value needs. */
export function fieldLines(fields: readonly Field[], options: FieldsOptions): readonly FieldLine[] {
  const { columns, now, local, ascii } = options;
  const widest = (texts: readonly string[], most: number) => Math.min(most, Math.max(0, ...texts.map((t) => t.length)));
  const nameWidth = widest(
    fields.map(({ name }) => name),
    Math.min(LONGEST_NAME, Math.floor(columns / 3)),
  );
  const typeWidth =
    columns < WITH_TYPES
      ? 0
      : widest(
          fields.map(({ type }) => type),
          LONGEST_TYPE,
        );
  const headWidth = nameWidth + 2 + (typeWidth === 0 ? 0 : typeWidth + 2);
  return fields.flatMap((field) => {
    const { text, tone } = valueOf(field, now, local);
    const name = `${fit(field.name, nameWidth, { ascii })}  `;
    const head = typeWidth === 0 ? name : `${name}${fit(field.type, typeWidth, { ascii })}  `;
    return wrap(text, columns - headWidth, ascii).map((line, part) => ({
      field,
      part,
      head: part === 0 ? head : ' '.repeat(headWidth),
      text: line,
      tone,
    }));
  });
}
