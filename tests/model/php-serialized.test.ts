import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dereferenced, type PhpValue, parsePhp, phpText, propertyNamed } from '../../src/model/php-serialized.ts';

const parse = (text: string | Buffer) => parsePhp(Buffer.from(text));

function valueOf(text: string | Buffer): PhpValue {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function errorOf(text: string): string {
  const parsed = parse(text);
  if (parsed.ok) throw new Error(`${text} was taken`);
  return parsed.error;
}

function objectOf(value: PhpValue | undefined) {
  if (value?.type !== 'object') throw new Error('no object');
  return value;
}

const EVERYTHING =
  'O:12:"App\\Jobs\\All":10:{s:5:"empty";N;s:3:"yes";b:1;s:5:"large";i:9223372036854775807;s:5:"least";i:-9223372036854775808;' +
  's:5:"float";d:1.0E+25;s:3:"inf";d:-INF;s:7:"\0*\0city";s:7:"Zürich";s:17:"\0App\\Jobs\\Base\0id";s:4:"💈";' +
  's:5:"state";E:15:"App\\State:Ready";s:4:"list";a:2:{i:0;a:1:{s:1:"k";s:0:"";}i:-7;C:8:"Old\\Self":6:{{";}a:}}}';

describe('a value that serialize() wrote', () => {
  test('keeps every type as it stands there', () => {
    const all = objectOf(valueOf(EVERYTHING));
    expect(all.class).toBe('App\\Jobs\\All');
    expect(
      Object.fromEntries(all.properties.map(({ name, owner, value }) => [`${owner ?? ''}:${name}`, value])),
    ).toEqual({
      ':empty': { type: 'null' },
      ':yes': { type: 'boolean', value: true },
      ':large': { type: 'integer', digits: '9223372036854775807' },
      ':least': { type: 'integer', digits: '-9223372036854775808' },
      ':float': { type: 'float', text: '1.0E+25' },
      ':inf': { type: 'float', text: '-INF' },
      '*:city': { type: 'string', bytes: Buffer.from('Zürich') },
      'App\\Jobs\\Base:id': { type: 'string', bytes: Buffer.from('💈') },
      ':state': { type: 'enum', class: 'App\\State', case: 'Ready' },
      ':list': {
        type: 'array',
        entries: [
          {
            key: '0',
            value: { type: 'array', entries: [{ key: 'k', value: { type: 'string', bytes: Buffer.of() } }] },
          },
          { key: '-7', value: { type: 'custom', class: 'Old\\Self', bytes: Buffer.from('{";}a:') } },
        ],
      },
    });
  });

  test('has texts that look like values, quotes and ends', () => {
    const hostile = 's:1:"x";}O:8:"\u001b[2J\n";\0';
    const text = valueOf(`a:1:{i:0;s:${Buffer.byteLength(hostile)}:"${hostile}";}`);
    expect(text).toMatchObject({ entries: [{ value: { bytes: Buffer.from(hostile) } }] });
  });

  test('has the same name twice, one private in each class', () => {
    const object = objectOf(valueOf('O:1:"B":3:{s:4:"\0A\0i";i:1;s:4:"\0B\0i";i:2;s:1:"i";i:3;}'));
    expect(object.properties.map(({ name, owner, value }) => [name, owner, phpText(value)])).toEqual([
      ['i', 'A', '1'],
      ['i', 'B', '2'],
      ['i', undefined, '3'],
    ]);
  });

  test('refers to others by the numbers that PHP counts', () => {
    // As PHP 8.2 writes [$o, 'x', $o, &$v, &$v, $o, $p, $p] with $v = 'shared': what a `R` stands for is not counted again.
    const entries = valueOf(
      'a:8:{i:0;O:8:"stdClass":1:{s:1:"a";i:1;}i:1;s:1:"x";i:2;r:2;i:3;s:6:"shared";i:4;R:6;i:5;r:2;i:6;O:8:"stdClass":1:{s:1:"b";i:2;}i:7;r:8;}',
    );
    if (entries.type !== 'array') throw new Error('no array');
    const [first, , second, shared, variable, third, other, again] = entries.entries.map(({ value }) => value);
    expect(dereferenced(second)).toBe(first);
    expect(dereferenced(third)).toBe(first);
    expect(dereferenced(variable)).toBe(shared);
    expect(dereferenced(again)).toBe(other);
    expect(phpText(dereferenced(variable))).toBe('shared');
  });

  test('may hold itself', () => {
    const self = objectOf(valueOf('O:8:"stdClass":1:{s:2:"me";r:1;}'));
    expect(propertyNamed(self, 'me')).toBe(self);
  });

  test('is not guessed at behind an object that counts by itself', () => {
    const array = valueOf('a:3:{i:0;C:1:"X":2:{ab}i:1;O:1:"Y":0:{}i:2;r:4;}');
    expect(array).toMatchObject({ entries: [{}, {}, { value: { type: 'reference', to: undefined } }] });
  });
});

describe('anything else', () => {
  test('is told with its place', () => {
    expect(errorOf('')).toBe('it is cut off at byte 0');
    expect(errorOf('s:5:"Zü')).toBe('it is cut off at byte 8');
    expect(errorOf('s:6:"Zürich";')).toContain('at byte 11');
    expect(errorOf('O:1:"A":2:{s:1:"a";i:1;}')).toContain('a key that is neither a number nor a text, at byte 23');
    expect(errorOf('i:1;i:2;')).toBe('more follows behind the value, at byte 4');
    expect(errorOf('i:0x1F;')).toContain('a number that is none');
    expect(errorOf('a:-1:{}')).toContain('a length that is no number');
    expect(errorOf('a:99999999999999:{}')).toContain('a number that does not end');
    expect(errorOf('a:1:{N;i:1;}')).toContain('a key');
    expect(errorOf('E:3:"One";')).toContain('an enum without its case');
    expect(errorOf('r:1;')).toContain('a reference to no value before it');
    expect(errorOf('a:1:{i:0;R:2;}')).toContain('a reference to no value before it');
    expect(errorOf('eyJpdiI6IkE9PSJ9')).toBe('no type of a value, at byte 0');
  });

  test('ends before it takes the memory or the stack', () => {
    expect(errorOf('a:4000000000:{')).toBe('it is cut off at byte 14');
    expect(errorOf('s:9999999999:"')).toBe('it is cut off at byte 14');
    expect(errorOf('a:1:{i:0;'.repeat(500_000))).toContain('more than 200 values inside one another');
    const many = 'i:0;'.repeat(600_000);
    expect(errorOf(`a:300000:{${many}}`)).toContain('more than 100,000 values');
  });

  test('is each beginning of a value', () => {
    const bytes = Buffer.from(EVERYTHING);
    for (let length = 0; length < bytes.length; length++) {
      expect(parsePhp(bytes.subarray(0, length))).toMatchObject({
        ok: false,
        error: expect.stringContaining(`${length}`),
      });
    }
  });

  test('never throws', () => {
    const piece = fc.constantFrom(
      'a:1:{',
      'O:1:"A":1:{',
      's:1:"',
      'i:0;',
      'N;',
      '}',
      ';',
      '"',
      'r:1;',
      'C:1:"A":3:{',
      '\0',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        expect(parse(pieces.join(''))).toHaveProperty('ok');
      }),
    );
  });
});
