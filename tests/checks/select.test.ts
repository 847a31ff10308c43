import { describe, expect, test } from 'vitest';
import { type Selection, select } from '../../src/checks/select.ts';
import { asking } from './checks.ts';

const nothing = () => Promise.resolve({ violations: 0, sample: [] });
const CHECKS = [
  asking('conflicts', nothing, {
    id: 'booking-ids/conflicts',
    system: 'booking-ids',
    phases: ['pre'],
    severity: 'stop',
  }),
  asking('success', nothing, { id: 'sync/success', system: 'sync', phases: ['monitor'], severity: 'warn' }),
  asking('columns', nothing, { id: 'sync/columns', system: 'sync', phases: ['pre', 'verify'], severity: 'error' }),
  asking('origins', nothing, { id: 'sync/origins', system: 'sync', phases: ['monitor'], severity: 'info' }),
];
const chosen = (selection: Partial<Selection>) => select(CHECKS, { ids: [], ...selection }).map(({ id }) => id);

describe('a selection', () => {
  test.each<[Partial<Selection>, string[]]>([
    [{}, ['booking-ids/conflicts', 'sync/success', 'sync/columns', 'sync/origins']],
    [{ ids: ['sync/columns', 'booking-ids/conflicts'] }, ['booking-ids/conflicts', 'sync/columns']],
    [{ system: 'sync' }, ['sync/success', 'sync/columns', 'sync/origins']],
    [{ phase: 'pre' }, ['booking-ids/conflicts', 'sync/columns']],
    [{ severity: 'warn' }, ['booking-ids/conflicts', 'sync/success', 'sync/columns']],
    [{ system: 'sync', phase: 'pre' }, ['sync/columns']],
  ])('%j is %j', (selection, ids) => {
    expect(chosen(selection)).toEqual(ids);
  });

  test.each<[Partial<Selection>, string, string]>([
    [{ ids: ['sync/sucess'] }, 'there is no check "sync/sucess"', 'did you mean sync/success?'],
    [{ ids: ['x'] }, 'there is no check "x"', 'apptop check --list shows them all'],
    [
      { system: 'snyc' },
      'there is no system "snyc"',
      'did you mean sync? it is one of booking-ids, calendar-schema, event-correlation, schema, sync, own',
    ],
    [{ phase: 'past' }, 'there is no phase "past"', 'did you mean post? it is one of pre, post, verify, monitor'],
    [{ severity: 'fatal' }, 'there is no severity "fatal"', 'it is one of stop, error, warn, info'],
    [{ system: 'own' }, 'no check is all of that', 'apptop check --list shows them all'],
  ])('%j is refused', (selection, message, remedy) => {
    expect(() => chosen(selection)).toThrow(expect.objectContaining({ kind: 'usage', message, remedy }));
  });
});
