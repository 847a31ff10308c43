import { expect, test } from 'vitest';
import { csvLine } from '../../src/model/csv.ts';

test('fields with separators are quoted, and nothing differs from the empty text', () => {
  expect(csvLine(['1', 'a,b', 'say "hi"', 'two\nlines', null, ''])).toBe('1,"a,b","say ""hi""","two\nlines",,""\r\n');
});

test('a cell that a spreadsheet would run gets a quote before it', () => {
  expect(csvLine(['=1+1', '@SUM(A1)', '+49 30 1234', '-2+3', '-', '\t=1'])).toBe(
    "'=1+1,'@SUM(A1),'+49 30 1234,'-2+3,'-,'\t=1\r\n",
  );
  expect(csvLine(['\r=1', '=HYPERLINK("x")'])).toBe('"\'\r=1","\'=HYPERLINK(""x"")"\r\n');
});

test('numbers with a sign and a formula inside a text stay as they are', () => {
  expect(csvLine(['-5', '+4.5', '-.5', '-1e-9', '2026-11-21', 'a=1', 'x@y.de'])).toBe(
    '-5,+4.5,-.5,-1e-9,2026-11-21,a=1,x@y.de\r\n',
  );
});
