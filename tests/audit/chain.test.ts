import { describe, expect, test } from 'vitest';
import { canonicalJson, shapeOf } from '../../src/audit/canonical.ts';
import { flawsOf, GENESIS, type Link, loadHashing } from '../../src/audit/chain.ts';
import { linked } from './planted.ts';

const BODIES = ['one', 'two', 'three', 'four', 'five', 'six'];

/** What is found in a chain of six after somebody had a hand in it: `edited 3`. */
async function found(tamper: (links: Link[], rehash: (link: Link) => Link) => readonly Link[]) {
  const hashOf = await loadHashing();
  const rehash = (link: Link): Link => ({ ...link, hash: hashOf(link.prev, link.body) });
  const flaws = await flawsOf(tamper(await linked(BODIES), rehash), GENESIS);
  return flaws.map(({ link, kind, text }) => `${kind} ${link.seq}${kind === 'deleted' ? `: ${text}` : ''}`);
}

const at = (links: readonly Link[], seq: number): Link => {
  const link = links.find((candidate) => candidate.seq === seq);
  if (link === undefined) throw new Error(`no link ${seq}`);
  return link;
};

describe('a chain', () => {
  test('that nobody touched has no flaw, and neither has none', async () => {
    expect(await found((links) => links)).toEqual([]);
    expect(await found(() => [])).toEqual([]);
  });

  test('shows a text that was edited, alone', async () => {
    expect(await found((links) => links.with(2, { ...at(links, 3), body: 'THREE' }))).toEqual(['edited 3']);
  });

  test('shows an edit whose hash was made anew at the one that follows', async () => {
    const edited = (links: Link[], rehash: (link: Link) => Link) =>
      links.with(2, rehash({ ...at(links, 3), body: 'THREE' }));
    expect(await found(edited)).toEqual(['forged 4']);
  });

  test('shows what was deleted at the beginning and in the middle', async () => {
    expect(await found((links) => links.slice(1))).toEqual(['deleted 2: number 1 is gone before it']);
    expect(await found((links) => [...links.slice(0, 1), ...links.slice(4)])).toEqual([
      'deleted 5: numbers 2 to 4 are gone before it',
    ]);
  });

  test('shows a deletion that was hidden by new numbers', async () => {
    const renumbered = (links: Link[]) => [
      ...links.slice(0, 2),
      ...links.slice(3).map((link) => ({ ...link, seq: link.seq - 1 })),
    ];
    expect(await found(renumbered)).toEqual(['forged 3']);
  });

  test('shows two that changed places', async () => {
    const swapped = (links: Link[]) => links.with(2, at(links, 4)).with(3, at(links, 3));
    expect(await found(swapped)).toEqual(['reordered 3']);
    const renumbered = (links: Link[]) => swapped(links).map((link, index) => ({ ...link, seq: index + 1 }));
    expect(await found(renumbered)).toEqual(['reordered 3', 'reordered 4', 'reordered 5']);
  });

  test('shows one that was put in, with a good hash, with a bad one, with a number that is there', async () => {
    const inserted = (link: Link) => (links: Link[], rehash: (link: Link) => Link) => [
      ...links.slice(0, 3),
      rehash({ ...link, prev: link.prev || at(links, 3).hash }),
      ...links.slice(3).map((later) => ({ ...later, seq: later.seq + 1 })),
    ];
    expect(await found(inserted({ seq: 4, prev: '', hash: '', body: 'forged' }))).toEqual(['forged 5']);
    expect(await found(inserted({ seq: 4, prev: 'f'.repeat(64), hash: '', body: 'forged' }))).toEqual([
      'forged 4',
      'reordered 5',
    ]);
    const twice = (links: Link[], rehash: (link: Link) => Link) =>
      links.toSpliced(4, 0, rehash({ ...at(links, 3), body: 'forged' }));
    expect(await found(twice)).toContain('forged 3');
  });

  test('shows another beginning', async () => {
    const begun = (links: Link[], rehash: (link: Link) => Link) =>
      links.with(0, rehash({ ...at(links, 1), prev: '1'.repeat(64) }));
    expect(await found(begun)).toEqual(['forged 1', 'forged 2']);
  });
});

test('a value has one text, whatever the order of its keys, and that is ASCII', () => {
  const text = '{"a":[1,null,{"y":false}],"b":"\\u00fc\\u2028\\ud83d\\ude00\\ud83d"}';
  expect(canonicalJson({ b: 'ü\u2028😀\ud83d', a: [1, undefined, { z: undefined, y: false }] })).toBe(text);
  expect(canonicalJson(JSON.parse(text))).toBe(text);
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2},"2":3,"10":4}'))).toBe(
    '{"10":4,"2":3,"__proto__":{"a":2},"b":1}',
  );
});

test.each([
  [
    'UPDATE `t` SET v1 = ?, `v2` = NULL\n  WHERE id IN (1, 22) LIMIT 500',
    'UPDATE `t` SET v1 = ?, `v2` = NULL WHERE id IN (?, ?) LIMIT ?',
  ],
  ['SELECT $1, $12 FROM "a1" WHERE x = 1.5', 'SELECT $1, $12 FROM "a1" WHERE x = ?'],
  ["INSERT INTO t VALUES ('it''s', 'ada@example.com')", 'INSERT INTO t VALUES (?, ?)'],
  ["SELECT 'a\\' , 'secret', 'b'", 'SELECT …'],
  ["SELECT 'never ends", 'SELECT ?'],
])('%s keeps no value', (sql, shape) => {
  expect(shapeOf(sql)).toBe(shape);
});
