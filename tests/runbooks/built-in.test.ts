import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { runbookNamed, runbooksOf } from '../../src/runbooks/all.ts';
import { readEvidence } from '../../src/runbooks/evidence.ts';
import { type Step, stepsOf } from '../../src/runbooks/runbook.ts';
import { objectsIn, operatedOn, peopleAndBookings } from '../changes/calendar-stand.ts';
import { DUMP, Operated } from '../changes/guarded.ts';
import { Folder } from '../config/folder.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { Ceremony, runbookOf } from './ceremony.ts';

const FLAG = 'USE_UUID_CORRELATION_SYNC';
const SHARE = 'UUID_SYNC_CALENDAR_PERCENTAGE';

const builtIn = async (on: Operated, id: string) => runbookNamed(await runbooksOf(on.context, undefined), id);

/** Does a step as a person would who says yes to everything. */
async function does(ceremony: Ceremony, step: Step) {
  if (step.work.kind === 'manual') return ceremony.tick(step.id);
  if (step.work.kind !== 'change' || step.work.action !== 'run') return ceremony.run(step.id);
  const planned = await ceremony.engine.planned(step, new AbortController().signal, DUMP);
  if (planned === undefined) throw new Error(`${step.id} plans nothing`);
  const confirmation = { phrase: planned.phrase, reason: 'TEST-1' };
  return ceremony.run(step.id, { confirmed: { plan: planned.look.plan, confirmation } });
}

/** Does every step that is not optional, one after the other, up to one. */
async function doesAll(ceremony: Ceremony, before?: string): Promise<void> {
  for (const step of stepsOf(ceremony.runbook)) {
    if (step.id === before) return;
    if (step.optional) continue;
    const { state, note } = await does(ceremony, step);
    expect([step.id, state, state === 'failed' ? note : '']).toEqual([
      step.id,
      expect.stringMatching(/passed|ticked/),
      '',
    ]);
  }
}

const partsOf = (evidence: string): Readonly<Record<string, string>> =>
  Object.fromEntries((readEvidence(evidence).drill?.parts ?? []).map(({ title, found }) => [title, found]));

/** Tables of the calendars whose events get correlation ids. */
function correlated(engine: TestEngine): readonly string[] {
  const [uuid, time] = engine.name === 'postgres' ? ['uuid', 'timestamptz'] : ['char(36)', 'datetime'];
  return [
    'CREATE TABLE calendars_calendar (id bigint PRIMARY KEY, name varchar(200))',
    `CREATE TABLE calendars_event (id bigint PRIMARY KEY, calendar_id bigint NOT NULL, google_event_id varchar(200),
      correlation_id ${uuid}, is_busy_block boolean NOT NULL, created_at ${time} NULL)`,
    `CREATE TABLE calendars_eventstate (correlation_id ${uuid} PRIMARY KEY, calendar_id bigint NOT NULL,
      google_event_id varchar(200), event_type varchar(20) NOT NULL, status varchar(20) NOT NULL,
      created_at ${time} NOT NULL, updated_at ${time} NOT NULL)`,
    "INSERT INTO calendars_calendar VALUES (1, 'Work')",
    "INSERT INTO calendars_event VALUES (1, 1, 'google-1', NULL, false, '2026-01-31 08:00:00')",
  ];
}

for (const engine of ENGINES) {
  describe(`the built-in runbooks on ${engine.name}`, () => {
    test('calendar-schema is carried out to its signatures, its drills by the machine', {
      timeout: 120_000,
    }, async () => {
      const flags = { file: join(new Folder().write('.env', 'CALENDAR_SYNC_ENABLED=false\n').folder, '.env') };
      await using on = await operatedOn(engine, peopleAndBookings(engine), { flags });
      const ceremony = await Ceremony.begin(on, await builtIn(on, 'calendar-schema'));
      writeFileSync(DUMP, 'a dump\n');
      await doesAll(ceremony);

      const { standing } = await ceremony.look();
      const last = (id: string) => standing.steps.find(({ step }) => step.id === id)?.last;
      const drill = last('rollback-drill');
      expect(drill?.note).toMatch(/^the drill came out as it should, in [\d.]+ m?s$/);
      expect(readEvidence(drill?.evidence ?? '').drill).toMatchObject({ name: 'calendar-schema', ok: true });
      expect(Object.keys(partsOf(drill?.evidence ?? ''))).toEqual(
        expect.arrayContaining(['apply calendar-foundations', 'roll back', 'apply calendar-outbound-sync again']),
      );
      expect(partsOf(last('duplicate-insert')?.evidence ?? '')['a doubled event is refused']).toBe(
        'by external_calendar_events_provider_source_external_id_key',
      );
      expect(readEvidence(last('rollback-plan')?.evidence ?? '').plan).toMatchObject({
        change: 'rollback-calendar-schema',
        rows: 0,
      });
      for (const { role } of ceremony.runbook.signOff) await ceremony.sign(role);
      expect(await ceremony.state()).toBe('finished');
    });

    test('event-correlation goes on from stage to stage by what the flags say, and back', {
      timeout: 120_000,
    }, async () => {
      const env = join(new Folder().write('.env', '').folder, '.env');
      await using plain = await operatedOn(engine, correlated(engine));
      const runbook = await builtIn(plain, 'event-correlation');
      writeFileSync(DUMP, 'a dump\n');
      const without = await Ceremony.begin(plain, runbook);
      await doesAll(without, 'stage-0-flag');

      // Nobody says where the flags are: it says what to configure, and the stage is not watched before somebody has looked.
      const needs =
        "event-correlation/flag-off can't be looked at here: needs flags in the config: the application's .env or a command";
      expect(await without.run('stage-0-flag')).toMatchObject({ state: 'failed', note: needs });
      expect(await without.states()).toMatchObject({ 'stage-0-watch': 'blocked' });
      await expect(without.run('flag-back')).rejects.toMatchObject({
        kind: 'blocked',
        message: 'nothing says how the flags are switched off',
        remedy: 'set rollback.flags in the config',
      });

      const context: Context = {
        ...plain.context,
        flags: { file: env },
        rollback: { flags: { file: env, set: { [FLAG]: 'false' } }, code: undefined },
      };
      const ceremony = await Ceremony.begin(new Operated(engine, plain.db, context, plain.database), runbook);
      writeFileSync(env, `${FLAG}=true\n`);
      expect(await ceremony.run('stage-0-flag')).toMatchObject({ state: 'failed' });
      writeFileSync(env, `${FLAG}=false\n`);
      expect(await ceremony.run('stage-0-flag')).toMatchObject({ state: 'passed' });
      // Nothing here counts cascades: a person answers for it.
      const watched = async (id: string) => {
        const found = "event-correlation/webhook-cascades can't be looked at here";
        expect(await ceremony.run(id)).toMatchObject({ state: 'failed', note: expect.stringContaining(found) });
        expect(await ceremony.tick(id)).toMatchObject({ state: 'ticked', note: 'seen' });
      };
      await watched('stage-0-watch');
      for (const id of ['stage-1', 'stage-2']) {
        await ceremony.tick(id);
        if (id === 'stage-1') await watched('stage-1-watch');
      }
      expect(await ceremony.run('stage-2-flag')).toMatchObject({
        state: 'failed',
        note: `event-correlation/flag-at-10: ${FLAG} is off, expected true; ${SHARE} is off, expected 10`,
      });
      writeFileSync(env, `${FLAG}=true\n${SHARE}=10\n`);
      expect(await ceremony.run('stage-2-flag')).toMatchObject({ state: 'passed' });
      expect(await ceremony.states()).toMatchObject({ 'stage-2-wait': 'waiting', 'stage-3': 'blocked' });

      const back = stepsOf(runbook).find(({ id }) => id === 'flag-back');
      if (back === undefined) throw new Error('there is no way back');
      expect(await does(ceremony, back)).toMatchObject({ state: 'passed' });
      expect(readFileSync(env, 'utf8')).toBe(`${FLAG}=false\n${SHARE}=10\n`);
      // The stage that it was on for is not reached any more, and nothing waits for it.
      expect(await ceremony.states()).toMatchObject({
        'stage-0-flag': 'passed',
        'stage-2': 'ticked',
        'stage-2-flag': 'ready',
        'stage-2-wait': 'blocked',
      });
      expect((await ceremony.look()).standing.next?.step.id).toBe('stage-2-flag');
    });

    test('a drill is refused where the command refuses it, and touches nothing', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine), { environment: 'production' });
      const runbook = await runbookOf([{ id: 'drill', change: { id: 'calendar-foundations', action: 'drill' } }]);
      const before = await objectsIn(on);
      const ceremony = await Ceremony.begin(on, runbook);
      expect(await ceremony.run('drill')).toMatchObject({
        state: 'failed',
        note: 'a drill is never held in production; name a local or staging context',
      });
      expect(await objectsIn(on)).toEqual(before);
    });
  });
}
