import { describe, expect, test } from 'vitest';
import { alter, NULLABLE, peopleAndBookings } from '../changes/calendar-stand.ts';
import { row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { Changer, changing } from './changer.ts';

const json = (text: string): unknown => JSON.parse(text);
const CALENDAR = [
  'calendar-foundations',
  'calendar-uniqueness',
  'calendar-outbound-sync',
  'rollback-calendar-schema',
] as const;

for (const engine of ENGINES) {
  describe(`changes of calendars from the command line on ${engine.name}`, () => {
    test('a database of appointments alone is offered none of them', async () => {
      const on = await changing(engine, [row(1, null, '101')]);
      const { code, stdout } = await on.run('change', 'list', '--json');
      const stray = (id: string) => ({ id, why: expect.stringContaining('has no place in this database') });
      expect([code, json(stdout)]).toMatchObject([
        0,
        {
          changes: [{ id: 'move-booking-ids' }, { id: 'rollback-booking-ids' }, { id: 'cleanup-booking-ids' }],
          notApplicable: [...CALENDAR, 'backfill-correlation'].map(stray),
        },
      ]);
      const planned = await on.run('change', 'plan', 'calendar-foundations');
      expect([planned.code, planned.stdout]).toEqual([2, '']);
      expect(planned.stderr).toContain('there is no table bookings, whose calendars these would be');
    });

    test('a database of bookings alone is planned, changed and taken back', async () => {
      const db = await engine.database();
      for (const statement of peopleAndBookings(engine)) await db.execute(statement);
      const on = new Changer(db);
      const list = await on.run('change', 'list', '--json');
      expect(json(list.stdout)).toMatchObject({
        migration: null,
        changes: [
          { id: CALENDAR[0], state: 'ready' },
          { id: CALENDAR[1], state: 'blocked' },
          { id: CALENDAR[2], state: 'blocked' },
          { id: CALENDAR[3], state: 'blocked', why: [{ what: 'there is nothing to take back' }] },
        ],
      });
      const planned = await on.run('change', 'plan', CALENDAR[0]);
      expect([planned.code, planned.stderr]).toEqual([0, '']);
      expect(planned.stdout).toContain('· makes table external_calendar_events');
      const made = await on.runPrinted(planned.stdout);
      expect([made.code, made.stdout]).toEqual([
        0,
        expect.stringMatching(/^run 1 is done: (\d+) objects made of \1\n$/),
      ]);
      const again = await on.run('change', 'plan', CALENDAR[0]);
      expect(again.stdout).toContain('There is nothing to do.');
      const back = await on.run('change', 'plan', CALENDAR[3], '--to', '0');
      expect(back.stdout).toContain(`apptop change run ${CALENDAR[3]} --to 0`);
      const undone = await on.runPrinted(back.stdout);
      expect([undone.code, undone.stdout]).toEqual([0, 'run 2 is done: 0 rows exported and dropped of 0\n']);
    });

    test('what somebody altered since is no “nothing to do”: a person has to mend it', async () => {
      const db = await engine.database();
      for (const statement of peopleAndBookings(engine)) await db.execute(statement);
      const on = new Changer(db);
      await on.runPrinted((await on.run('change', 'plan', CALENDAR[0])).stdout);
      await alter({ engine, db }, NULLABLE);
      const fault = 'column external_calendar_events.calendar_provider may be NULL, expected NOT NULL';
      const { stdout } = await on.run('change', 'list', '--json');
      expect(json(stdout)).toMatchObject({
        changes: [
          {
            id: CALENDAR[0],
            state: 'blocked',
            rows: 0,
            why: [
              {
                what: `what is there is as it should be: ${fault}`,
                remedy: expect.stringContaining('a person has to'),
              },
            ],
          },
          // Without this it had nothing to do.
          { id: CALENDAR[1], state: 'nothing to do' },
          { id: CALENDAR[2], state: 'blocked' },
          { id: CALENDAR[3], state: 'ready' },
        ],
      });
      const planned = await on.run('change', 'plan', CALENDAR[0]);
      expect(planned.code).toBe(2);
      expect(planned.stdout).toContain('It can not be run until every gate is open.');
      const ran = await on.run('change', 'run', CALENDAR[0], '--confirm', 'staging external_calendar_events 0');
      expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('nothing was done: a gate is red')]);
    });

    test('an option of another change is a mistake', async () => {
      const on = await changing(engine, []);
      const said = async (...args: string[]) => {
        const { code, stderr } = await on.run('change', 'plan', ...args);
        return `${code} ${stderr.trimEnd()}`;
      };
      expect(await said(CALENDAR[0], '--calendar', '7')).toBe(
        '3 apptop: calendar-foundations takes no --calendar: it is for backfill-correlation: leave it out',
      );
      expect(await said('move-booking-ids', '--batch-size', '7')).toContain('move-booking-ids takes no --batch-size');
      expect(await said(CALENDAR[3], '--to', '7')).toContain('"7" is no migration to go back to');
    });
  });
}
