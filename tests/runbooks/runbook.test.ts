import { describe, expect, test } from 'vitest';
import { checksOf } from '../../src/checks/all.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { Problem } from '../../src/model/problem.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { runbooksOf } from '../../src/runbooks/all.ts';
import { looksAtLogs } from '../../src/runbooks/logs.ts';
import { readRunbook, stepsOf, verifyNames } from '../../src/runbooks/runbook.ts';
import { Folder } from '../config/folder.ts';

const CONTEXT = defaultContext('test', { engine: 'sqlite', path: 'x.sqlite' });
const CHECKS = (await checksOf(CONTEXT)).map(({ id }) => id);

const file = (steps: readonly object[], more: object = {}): string =>
  JSON.stringify({ version: 1, id: 'r', title: 'R', purpose: 'p', phases: [{ id: 'a', title: 'A', steps }], ...more });
const step = (id: string, more: object = { backup: {} }) => ({ id, title: id, ...more });

/** What a person reads about a wrong file: `what → remedy`. */
async function complaint(text: string): Promise<string> {
  try {
    const runbook = await readRunbook(text, 'own.json', '/');
    verifyNames(runbook, CHECKS, CHANGES);
  } catch (error) {
    if (error instanceof Problem) return `${error.kind}: ${error.message} → ${error.remedy}`;
    throw error;
  }
  return 'fine';
}

describe('a wrong runbook', () => {
  const cases: readonly (readonly [what: string, text: string, line: string])[] = [
    ['no JSON', '{"version": 1,}', 'line 1, column 15: this is no JSON → write a key in double quotes there'],
    ['a wrong key', file([step('x')], { titel: 'x' }), 'unknown key "titel" → did you mean title?'],
    ['another version', file([step('x')], { version: 2 }), 'version: must be 1 → write 1'],
    [
      'a step without work',
      file([step('x', {})]),
      'phases[0].steps[0]: must have exactly one of check, change, backup, command, wait, manual → keep one of them',
    ],
    [
      'a step with two kinds of work',
      file([step('x', { backup: {}, wait: { hours: 1 } })]),
      'phases[0].steps[0]: must have exactly one of check, change, backup, command, wait, manual → keep one of them',
    ],
    [
      'an id that is none',
      file([step('Two words')]),
      "phases[0].steps[0].id: can't be an id → use up to 64 small letters, digits, dots and dashes",
    ],
    [
      'a step that is there twice',
      file([step('x'), step('x')]),
      'phases[0].steps[1].id: the step "x" is there twice → phases[0].steps[0].id has it too: give one of them another id',
    ],
    [
      'an unknown need',
      file([step('backup'), step('x', { needs: ['bakup'], backup: {} })]),
      'phases[0].steps[1].needs[0]: there is no step "bakup" → did you mean backup?',
    ],
    [
      'needs in a circle',
      file([
        step('a', { needs: ['c'], backup: {} }),
        step('b', { needs: ['a'], backup: {} }),
        step('c', { needs: ['b'], backup: {} }),
      ]),
      'phases[0].steps[0].needs: the steps need one another: a → c → b → a → take one of these needs away',
    ],
    [
      'a step that needs itself',
      file([step('a', { needs: ['a'], backup: {} })]),
      'phases[0].steps[0].needs: the steps need one another: a → a → take one of these needs away',
    ],
    [
      'an unknown check',
      file([step('x', { check: { ids: ['sync/colums'] } })]),
      'phases[0].steps[0].check.ids[0]: there is no check "sync/colums" → did you mean sync/columns?',
    ],
    [
      'an unknown change',
      file([step('x', { change: { id: 'move-booking-id', action: 'run' } })]),
      'phases[0].steps[0].change.id: there is no change "move-booking-id" → did you mean move-booking-ids?',
    ],
    [
      'a parameter that the change does not take',
      file([step('x', { change: { id: 'backfill-correlation', action: 'run', parameters: { calender: '1' } } })]),
      'phases[0].steps[0].change.parameters: backfill-correlation takes no "calender" → did you mean calendar?',
    ],
    [
      'a parameter of another type',
      file([step('x', { change: { id: 'backfill-correlation', action: 'run', parameters: { calendar: 1 } } })]),
      'phases[0].steps[0].change.parameters: a calendar is named by its id → write --calendar 7',
    ],
    [
      'an action that is none',
      file([step('x', { change: { id: 'move-booking-ids', action: 'runs' } })]),
      'phases[0].steps[0].change.action: must be one of plan, run, drill → did you mean run?',
    ],
    [
      'checks that nothing selects',
      file([step('x', { check: {} })]),
      'phases[0].steps[0].check: must name ids, or a system or phases, or logs → write {"ids": ["sync/columns"]}, {"phases": ["pre"]} or {"logs": true}',
    ],
    [
      'checks of no phase',
      file([step('x', { check: { phases: [] } })]),
      'phases[0].steps[0].check.phases: is empty → name a phase, or leave the key out',
    ],
    [
      'checks by their ids and by a system',
      file([step('x', { check: { ids: ['sync/columns'], system: 'sync' } })]),
      'phases[0].steps[0].check: names checks by ids and by system or phases → leave ids out, or system and phases',
    ],
    [
      'a runbook for nowhere',
      file([step('x')], { environments: [] }),
      'environments: is empty → name an environment, or leave the key out',
    ],
    [
      'a stop condition of an unknown step',
      file([step('move')], { stop: [{ id: 's', title: 'S', steps: ['mov'] }] }),
      'stop[0].steps[0]: there is no step "mov" → did you mean move?',
    ],
    [
      'a stop condition that never holds',
      file([step('move')], { stop: [{ id: 's', title: 'S' }] }),
      'stop[0]: says not when it holds → write checks, steps or "person": true',
    ],
    [
      'a metric of an unknown check',
      file([step('x')], { metrics: [{ title: 'M', check: 'sync/colums' }] }),
      'metrics[0].check: there is no check "sync/colums" → did you mean sync/columns?',
    ],
    [
      'a role that signs twice',
      file([step('x')], {
        signOff: [
          { role: 'operator', statement: 's' },
          { role: 'operator', statement: 't' },
        ],
      }),
      'signOff[1].role: the role "operator" is there twice → signOff[0].role has it too: give one of them another id',
    ],
    [
      'a wait for nothing',
      file([step('x', { wait: { forMonitorWindow: false } })]),
      'phases[0].steps[0].wait.forMonitorWindow: must be true → write {"forMonitorWindow": true}',
    ],
    [
      'a drill of what has none',
      file([step('x'), step('y', { change: { id: 'move-booking-ids', action: 'drill' } })]),
      "phases[0].steps[1].change.action: move-booking-ids can't be rehearsed → those that can are calendar-foundations, calendar-uniqueness, calendar-outbound-sync, rollback-calendar-schema",
    ],
    [
      'a drill that is told something',
      file([step('x', { change: { id: 'rollback-calendar-schema', action: 'drill', parameters: { to: 1 } } })]),
      'phases[0].steps[0].change.parameters: a drill is told nothing → leave them out',
    ],
    ['no phases', file([], { phases: [] }), 'phases: is empty → write a phase'],
  ];

  test.each(cases)('%s is told in one line with its place', async (_, text, line) => {
    expect(await complaint(text)).toBe(`config: own.json: ${line}`);
  });
});

test('a step needs the last one before it that is not optional, unless it says otherwise', async () => {
  const runbook = await readRunbook(
    file([step('a'), step('b', { optional: true, backup: {} }), step('c'), step('d', { needs: [], backup: {} })]),
    'own.json',
    '/',
  );
  expect(Object.fromEntries(stepsOf(runbook).map(({ id, needs }) => [id, needs]))).toEqual({
    a: [],
    b: ['a'],
    c: ['a'],
    d: [],
  });
});

describe('the built-in runbooks', async () => {
  const found = await runbooksOf(CONTEXT, undefined);
  const runbooks = found.flatMap((one) => ('runbook' in one ? [one.runbook] : []));

  test('are the five ceremonies', () => {
    expect(found.map(({ id }) => id)).toEqual([
      'booking-ids',
      'calendar-schema',
      'event-correlation',
      'schema-hotfix',
      'sync-rollout',
    ]);
  });

  test.each(runbooks)('$id names checks and changes that there are', (runbook) => {
    expect(() => verifyNames(runbook, CHECKS, CHANGES)).not.toThrow();
  });

  test('booking-ids has the seven success metrics of its migration, and the door behind the window', () => {
    const [ids] = runbooks;
    expect(ids?.metrics).toHaveLength(7);
    const steps = ids === undefined ? [] : stepsOf(ids);
    expect(steps.find(({ id }) => id === 'cleanup')?.needs).toContain('window');
  });

  test('look at the logs of the config where somebody watches', () => {
    const watching = runbooks.map((runbook) => [
      runbook.id,
      ...stepsOf(runbook).flatMap(({ id, work }) => (looksAtLogs(work) ? [id] : [])),
    ]);
    expect(watching).toEqual([
      ['booking-ids', 'webhooks', 'day-1', 'logs-1', 'day-2', 'logs-2'],
      ['calendar-schema', 'application-starts'],
      ['event-correlation', 'stage-0-watch', 'stage-1-watch', 'stage-2-watch', 'stage-3-watch', 'seven-days-verified'],
      ['schema-hotfix', 'migration-logs', 'deploy', 'deployed-health', 'double-bookings'],
      ['sync-rollout', 'follow-log', 'hour-verified', 'day-verified', 'week-verified', 'week-logs'],
    ]);
  });

  test('calendar-schema is refused in production and applies 1, 2, 3', () => {
    const schema = runbooks[1];
    expect(schema?.environments).toEqual(['staging', 'local']);
    const applied =
      schema === undefined
        ? []
        : stepsOf(schema).flatMap(({ work }) => (work.kind === 'change' && work.action === 'run' ? [work.change] : []));
    expect(applied.slice(0, 3)).toEqual(['calendar-foundations', 'calendar-uniqueness', 'calendar-outbound-sync']);
  });
});

describe('the folder of the config', () => {
  test('adds runbooks, takes the place of built-in ones, and a wrong file is told by that file', async () => {
    const folder = new Folder()
      .write('runbooks/own.json', file([step('x')], { id: 'own' }))
      .write('runbooks/ids.json', file([step('x')], { id: 'booking-ids' }))
      .write('runbooks/broken.json', '{}')
      .write('runbooks/twin.json', file([step('y')], { id: 'own' }))
      .write('runbooks/other.yaml', 'version: 1')
      .write('apptop.json', {
        contexts: { on: { connection: 'sqlite:x', runbooks: { folder: 'runbooks' } } },
      });
    const found = await runbooksOf(await folder.context(), undefined);
    const titles = found.map((one) => ('runbook' in one ? `${one.id}: ${one.runbook.title}` : one.problem.message));
    expect(titles).toContain('own: R');
    expect(titles).toContain('booking-ids: R');
    expect(titles.some((title) => title.endsWith('broken.json: version: must be 1'))).toBe(true);
    expect(titles.some((title) => title.endsWith('own.json is the runbook own already'))).toBe(true);
    expect(titles.some((title) => title.endsWith('other.yaml is YAML'))).toBe(true);
  });
});
