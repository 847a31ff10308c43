import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  classOfRow,
  DEFAULT_UID,
  kindOfValue,
  linesOfRow,
  ROW_CLASSES,
  type RowKinds,
  uidShape,
} from '../../src/model/booking-id.ts';
import { BOOKING_IDS, bookingIdTexts } from '../fixtures/booking-ids.ts';

const row = (v1: RowKinds['v1'], v2: RowKinds['v2'], more: Partial<RowKinds> = {}): RowKinds => ({
  v1,
  v2,
  equal: false,
  taken: false,
  byDesign: false,
  ...more,
});

describe('a booking id', () => {
  test.each(BOOKING_IDS)('%j is %s', (value, kind) => {
    expect(kindOfValue(value)).toBe(kind);
  });

  test('is a V1 id exactly when it is a whole number of 1 to 2147483647 as a person writes it', () => {
    fc.assert(
      fc.property(fc.oneof(bookingIdTexts, fc.maxSafeNat().map(String)), (value) => {
        const number = Number(value);
        const canonical = String(number) === value && Number.isInteger(number);
        expect(kindOfValue(value) === 'v1').toBe(canonical && number >= 1 && number <= 2_147_483_647);
      }),
    );
  });

  test('is a uid of the shape that the config gives', () => {
    const short = uidShape('^[a-c9-]{3,5}$') ?? DEFAULT_UID;
    expect(['cab', 'a-9', 'ab', 'abcabc', 'abd', '999', '99a\n'].map((value) => kindOfValue(value, short))).toEqual([
      'uid',
      'uid',
      'ambiguous',
      'ambiguous',
      'ambiguous',
      'v1',
      'ambiguous',
    ]);
  });

  test.each(['^[a-z]+$', '[a-z]{1,9}', '^[^a]{1,9}$', '^[\\d]{1,9}$', '^[a-z]{9,1}$', '^[a-z]{1,256}$', '^[é]{1,2}$'])(
    'takes no shape from %s',
    (pattern) => {
      expect(uidShape(pattern)).toBeUndefined();
    },
  );
});

describe('the class of a row', () => {
  test.each([
    ['none', row('null', 'null')],
    ['v1', row('v1', 'null')],
    ['v2', row('null', 'uid')],
    ['both', row('v1', 'uid')],
    ['misplaced', row('null', 'v1')],
    ['duplicate', row('v1', 'v1', { equal: true })],
    ['conflict', row('v1', 'v1')],
    ['conflict', row('null', 'v1', { taken: true })],
    ['review', row('null', 'ambiguous')],
    ['review', row('v1', 'ambiguous')],
    ['review', row('ambiguous', 'null')],
    ['review', row('ambiguous', 'v1')],
    ['review', row('uid', 'uid')],
    ['both', row('null', 'v1', { byDesign: true })],
    ['both', row('v1', 'v1', { byDesign: true })],
    ['review', row('null', 'ambiguous', { byDesign: true })],
  ] as const)('is %s for %o', (wanted, kinds) => {
    expect(classOfRow(kinds)).toBe(wanted);
  });

  test("is one of eight whatever the row, beside the field's five overlapping lines", () => {
    const kind = fc.constantFrom('null', 'v1', 'uid', 'ambiguous');
    const flags = { equal: fc.boolean(), taken: fc.boolean(), byDesign: fc.boolean() };
    fc.assert(
      fc.property(fc.record({ v1: kind, v2: kind, ...flags }), (kinds) => {
        expect(ROW_CLASSES).toContain(classOfRow(kinds));
        expect(linesOfRow(kinds).none === 1).toBe(classOfRow(kinds) === 'none');
      }),
    );
    expect(linesOfRow(row('v1', 'uid'))).toEqual({
      v1InV1Column: 1,
      v2InV2Column: 1,
      v1InV2Column: 0,
      both: 1,
      none: 0,
    });
  });
});
