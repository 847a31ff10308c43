import { fail, ok, type Result } from './result.ts';

/**
 * What PHP's serialize() wrote, as it stands there: no class is looked for, and nothing is made of one. Integers stay
 * digits, as ids go beyond 2^53; texts stay bytes, as PHP counts these.
 */
export type PhpValue =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly digits: string }
  /** As PHP writes it: `0.1`, `1.0E+25`, `-INF`, `NAN`. */
  | { readonly type: 'float'; readonly text: string }
  | { readonly type: 'string'; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly entries: readonly PhpEntry[] }
  | PhpObject
  /** An object of a class that writes itself (Serializable): only that class knows what the bytes mean. */
  | { readonly type: 'custom'; readonly class: string; readonly bytes: Buffer }
  | { readonly type: 'enum'; readonly class: string; readonly case: string }
  /** Another value of the same text, which may hold this one; undefined where a custom object hides the count. */
  | { readonly type: 'reference'; readonly to: PhpValue | undefined };

interface PhpEntry {
  readonly key: string;
  readonly value: PhpValue;
}

export interface PhpObject {
  readonly type: 'object';
  readonly class: string;
  readonly properties: readonly PhpProperty[];
}

interface PhpProperty {
  /** As the class declares it, without what tells private and protected ones apart. */
  readonly name: string;
  /** `*` for a protected property, the class that declares it for a private one. */
  readonly owner: string | undefined;
  readonly value: PhpValue;
}

/** Values inside values. Jobs have about ten; PHP itself stops at 4,096, which would be too deep for our own stack. */
const DEEPEST = 200;
/** Of one text. Jobs have dozens; each takes about 100 bytes of memory. */
const MOST_VALUES = 100_000;
/** Digits of a length or a count: more than any text has bytes. */
const LONGEST_COUNT = 10;
/** Characters of a number that PHP writes: a float with 17 digits, sign and exponent has 24. */
const LONGEST_NUMBER = 32;

/** Why a text is none that serialize() writes; never leaves this file. */
class Malformed extends Error {}

const code = (character: string): number => character.charCodeAt(0);
const [COLON, SEMICOLON, QUOTE, OPEN, CLOSE, NUL] = [':', ';', '"', '{', '}', '\0'].map(code);

class Parser {
  readonly #bytes: Buffer;
  #at = 0;
  #values = 0;
  /** What a reference may mean by its number, from 1 on. */
  readonly #slots: PhpValue[] = [];
  /** Whether all values so far have the number that PHP gives them. */
  #counted = true;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  whole(): PhpValue {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) throw this.#wrong('more follows behind the value');
    return value;
  }

  #value(depth: number): PhpValue {
    if (depth > DEEPEST) throw this.#wrong(`more than ${DEEPEST} values inside one another`);
    if (++this.#values > MOST_VALUES) throw this.#wrong(`more than ${MOST_VALUES.toLocaleString('en')} values`);
    const type = String.fromCharCode(this.#next());
    switch (type) {
      case 'N':
        this.#expect(SEMICOLON);
        return this.#keep({ type: 'null' });
      case 'b':
        return this.#keep({ type: 'boolean', value: this.#number(/^[01]$/) === '1' });
      case 'i':
        return this.#keep({ type: 'integer', digits: this.#number(/^[+-]?\d+$/).replace(/^\+/, '') });
      case 'd':
        return this.#keep({ type: 'float', text: this.#number(/^(?:[+-]?[\d.]+(?:E[+-]?\d+)?|-?INF|NAN)$/i) });
      case 's':
        this.#expect(COLON);
        return this.#keep({ type: 'string', bytes: this.#text(SEMICOLON) });
      case 'a':
        return this.#array(depth);
      case 'O':
        return this.#object(depth);
      case 'C':
        return this.#custom();
      case 'E':
        return this.#enum();
      case 'r':
      case 'R':
        return this.#reference(type);
      default:
        throw this.#wrong('no type of a value', 1);
    }
  }

  #array(depth: number): PhpValue {
    this.#expect(COLON);
    const entries: PhpEntry[] = [];
    const array = this.#keep({ type: 'array', entries });
    this.#members(depth, (key, value) => entries.push({ key, value }));
    return array;
  }

  #object(depth: number): PhpValue {
    this.#expect(COLON);
    const name = this.#text(COLON).toString('utf8');
    const properties: PhpProperty[] = [];
    const object = this.#keep({ type: 'object', class: name, properties });
    this.#members(depth, (key, value) => properties.push({ ...propertyOf(key), value }));
    return object;
  }

  #custom(): PhpValue {
    this.#expect(COLON);
    const name = this.#text(COLON).toString('utf8');
    const bytes = this.#quoted(this.#count(), OPEN, CLOSE);
    const custom = this.#keep({ type: 'custom', class: name, bytes });
    this.#counted = false;
    return custom;
  }

  #enum(): PhpValue {
    this.#expect(COLON);
    const [name = '', member = '', ...rest] = this.#text(SEMICOLON).toString('utf8').split(':');
    if (member === '' || rest.length > 0) throw this.#wrong('an enum without its case');
    return this.#keep({ type: 'enum', class: name, case: member });
  }

  #reference(type: 'r' | 'R'): PhpValue {
    const number = Number(this.#number(/^\d+$/));
    const to = this.#slots[number - 1];
    if (to === undefined && this.#counted) throw this.#wrong('a reference to no value before it');
    const reference: PhpValue = { type: 'reference', to: this.#counted ? to : undefined };
    // A shared object has a number of its own once more, a shared variable has not.
    return type === 'r' ? this.#keep(reference) : reference;
  }

  /** `2:{` keys and values `}` */
  #members(depth: number, add: (key: string, value: PhpValue) => void): void {
    const count = this.#count();
    this.#expect(OPEN);
    for (let index = 0; index < count; index++) add(this.#key(), this.#value(depth + 1));
    this.#expect(CLOSE);
  }

  #key(): string {
    const type = String.fromCharCode(this.#next());
    if (type === 'i') return this.#number(/^-?\d+$/);
    if (type !== 's') throw this.#wrong('a key that is neither a number nor a text', 1);
    this.#expect(COLON);
    return this.#text(SEMICOLON).toString('utf8');
  }

  /** `5:"bytes"` and what ends it. */
  #text(end: number | undefined): Buffer {
    const bytes = this.#quoted(this.#count(), QUOTE, QUOTE);
    this.#expect(end);
    return bytes;
  }

  #quoted(length: number, before: number | undefined, behind: number | undefined): Buffer {
    this.#expect(before);
    if (length > this.#bytes.length - this.#at) throw this.#truncated();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.#expect(behind);
    return bytes;
  }

  /** `5:` */
  #count(): number {
    const digits = this.#until(COLON, LONGEST_COUNT);
    if (!/^\d+$/.test(digits)) throw this.#wrong('a length that is no number');
    return Number(digits);
  }

  /** `:5;` */
  #number(shape: RegExp): string {
    this.#expect(COLON);
    const text = this.#until(SEMICOLON, LONGEST_NUMBER);
    if (!shape.test(text)) throw this.#wrong('a number that is none');
    return text;
  }

  #until(end: number | undefined, longest: number): string {
    const from = this.#at;
    while (this.#next() !== end) {
      if (this.#at - from > longest) throw this.#wrong('a number that does not end');
    }
    return this.#bytes.toString('latin1', from, this.#at - 1);
  }

  #next(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#truncated();
    this.#at++;
    return byte;
  }

  #expect(byte: number | undefined): void {
    if (this.#next() !== byte) throw this.#wrong('not what serialize() writes', 1);
  }

  #keep(value: PhpValue): PhpValue {
    this.#slots.push(value);
    return value;
  }

  #wrong(what: string, back = 0): Malformed {
    return new Malformed(`${what}, at byte ${this.#at - back}`);
  }

  #truncated(): Malformed {
    return new Malformed(`it is cut off at byte ${this.#bytes.length}`);
  }
}

/** `\0*\0name` is protected, `\0Class\0name` private. */
function propertyOf(key: string): Pick<PhpProperty, 'name' | 'owner'> {
  const end = key.charCodeAt(0) === NUL ? key.indexOf('\0', 1) : -1;
  return end === -1 ? { name: key, owner: undefined } : { name: key.slice(end + 1), owner: key.slice(1, end) };
}

/**
 * Reads what PHP's serialize() wrote. php-serialize 5.1 knows neither references nor enums, makes objects, and goes as deep
 * as the text says. The formats are those of PHP 5.3 to 8.4:
 * https://github.com/php/php-src/blob/master/ext/standard/var_unserializer.re
 * @returns the value, or in words why the bytes are none: never a throw, and no more work than there are bytes
 */
export function parsePhp(bytes: Buffer): Result<PhpValue, string> {
  try {
    return ok(new Parser(bytes).whole());
  } catch (error) {
    if (error instanceof Malformed) return fail(error.message);
    throw error;
  }
}

/** What a reference stands for, or the value itself; undefined where that is unknown. */
export function dereferenced(value: PhpValue | undefined): PhpValue | undefined {
  // A reference names a value before it, so that no two name each other.
  let found = value;
  while (found?.type === 'reference') found = found.to;
  return found;
}

/** A property of an object, whoever declares it. */
export const propertyNamed = ({ properties }: PhpObject, name: string): PhpValue | undefined =>
  dereferenced(properties.find((property) => property.name === name)?.value);

/** A value as text where it is one: a string, or the digits of an integer. */
export function phpText(value: PhpValue | undefined): string | undefined {
  if (value?.type === 'integer') return value.digits;
  return value?.type === 'string' ? value.bytes.toString('utf8') : undefined;
}
