/** What the config's schema is made of: every part says what is wrong and what to write instead. */
import * as z from 'zod/mini'; // 0.2 ms at start and 16 kB in the bundle; zod itself costs 14 ms and 454 kB
import { nearest } from '../model/nearest.ts';

/** Between what is wrong and what to do, in the message of every issue that this schema raises. */
export const REMEDY = ' → ';

export const says = (what: string, remedy: string): string => `${what}${REMEDY}${remedy}`;

/** What was meant, when that can be guessed, else everything that is possible. */
const offer = (word: unknown, names: readonly string[]): string => {
  const meant = typeof word === 'string' ? nearest(word, names) : undefined;
  return meant === undefined ? `use one of ${names.join(', ')}` : `did you mean ${meant}?`;
};

interface RawIssue {
  readonly code: string;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

export const named = (names: readonly string[], expected: string) => (issue: RawIssue) => {
  const [key] = issue.keys ?? [];
  if (key !== undefined) return says(`unknown key "${key}"`, offer(key, names));
  return says(issue.input === undefined ? 'missing' : `must be ${expected}`, `write ${expected}`);
};

export const object = <Shape extends z.core.$ZodShape>(shape: Shape, expected = 'an object') =>
  z.strictObject(shape, { error: named(Object.keys(shape), expected) });

export const choice = <const Names extends readonly string[]>(names: Names, description: string) =>
  z
    .enum(names, {
      error: (issue) =>
        issue.input === undefined
          ? says('missing', `write one of ${names.join(', ')}`)
          : says(`must be one of ${names.join(', ')}`, offer(issue.input, names)),
    })
    .check(z.describe(description));

export const text = (description: string) =>
  z
    .string({ error: says('must be text', 'write it in double quotes') })
    .check(z.minLength(1, { error: says('is empty', 'write a value or leave the key out') }), z.describe(description));

export const texts = (of: string, example: string) => {
  const error = (what: string) => says(what, `write ${example}`);
  const item = z.string({ error: error(`must be ${of}`) }).check(z.minLength(1, { error: error('is empty') }));
  return z.array(item, { error: error('must be a list') }).check(z.minLength(1, { error: error('is empty') }));
};

export const range = (from: number, to: number, description: string, whole = false) => {
  const expected = `a ${whole ? 'whole ' : ''}number from ${from} to ${to}`;
  const error = says(`must be ${expected}`, `write ${expected}, without quotes`);
  const number = whole ? z.int({ error }) : z.number({ error });
  return number.check(z.gte(from, { error }), z.lte(to, { error }), z.describe(description));
};

export const itemsOf = <Item extends z.core.$ZodType>(item: Item, expected: string) =>
  z.array(item, { error: says('must be a list', `write ${expected}`) });
