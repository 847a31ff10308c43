import { describe, expect, test } from 'vitest';
import { CALENDAR_SCHEMA_CHECKS } from '../../src/checks/calendar-schema/checks.ts';
import { CheckedDatabase } from '../checks/checked-database.ts';
import { ENGINES } from '../engines/engines.ts';
import { type Altered, alter, NULLABLE, objectsIn, operatedOn, peopleAndBookings } from './calendar-stand.ts';
import type { Operated } from './guarded.ts';

const EVENTS = 'external_calendar_events';
const THREE = ['calendar-foundations', 'calendar-uniqueness', 'calendar-outbound-sync'] as const;

const NO_DEFAULT: Altered = {
  postgres: 'ALTER COLUMN is_busy DROP DEFAULT',
  mysql: 'ALTER COLUMN is_busy DROP DEFAULT',
  sqlite: ['"is_busy" boolean NOT NULL DEFAULT true', '"is_busy" boolean NOT NULL'],
};
const OTHER_DEFAULT: Altered = {
  postgres: 'ALTER COLUMN is_busy SET DEFAULT false',
  mysql: 'ALTER COLUMN is_busy SET DEFAULT false',
  sqlite: ['"is_busy" boolean NOT NULL DEFAULT true', '"is_busy" boolean NOT NULL DEFAULT false'],
};
const SHORTER: Altered = {
  postgres: 'ALTER COLUMN external_event_id TYPE varchar(50)',
  mysql: 'MODIFY external_event_id varchar(50) NOT NULL',
  sqlite: ['"external_event_id" text', '"external_event_id" varchar(50)'],
};
const NO_CHECK: Altered = {
  postgres: `DROP CONSTRAINT ${EVENTS}_end_after_start`,
  mysql: `DROP CONSTRAINT ${EVENTS}_end_after_start`,
  sqlite: [`, CONSTRAINT "${EVENTS}_end_after_start" CHECK (end_time > start_time)`, ''],
};
const WRONG_TYPE: Altered = {
  postgres: 'ALTER COLUMN checksum TYPE integer USING 0',
  mysql: 'MODIFY checksum int NULL',
  sqlite: ['"checksum" text', '"checksum" integer'],
};
const A_DAY: Altered = {
  postgres: 'ALTER COLUMN end_time TYPE date',
  mysql: 'MODIFY end_time date NOT NULL',
  sqlite: ['"end_time" datetime', '"end_time" date'],
};

const LOST = `column ${EVENTS}.is_busy has no default, expected true`;

/** What the check of the columns tells of the events. */
async function told({ engine, db, context }: Operated): Promise<readonly string[]> {
  const checked = new CheckedDatabase(engine, db, CALENDAR_SCHEMA_CHECKS);
  const { sample } = await checked.result('calendar-schema/required-columns', context);
  return sample.map(({ pk, problem }) => `column ${pk} ${problem}`);
}

const gateOf = async (on: Operated, change: string, gate: string) => {
  const { state, detail } = (await on.look(change)).gates.find(({ id }) => id === gate) ?? {};
  return [state, detail];
};

for (const engine of ENGINES) {
  describe(`what somebody altered in the calendar schema on ${engine.name}`, () => {
    // It alters a column by a new table in the place of the old one, which no change makes.
    const rewrites = engine.name === 'sqlite';
    const migrated = async () => {
      const on = await operatedOn(engine, peopleAndBookings(engine));
      for (const change of THREE) await on.run(change);
      expect(await told(on)).toEqual([]);
      return on;
    };

    test.each([
      ['a column that may be NULL', NULLABLE, `column ${EVENTS}.calendar_provider may be NULL, expected NOT NULL`],
      ['another default', OTHER_DEFAULT, /is_busy has the default \(?(0|false)\)?, expected true$/],
      ['a type of another kind', WRONG_TYPE, /checksum is int\S*, expected text$/i],
      ['a day in the place of a moment', A_DAY, /end_time is date, expected timestamp$/],
    ] as const)('%s is left to a person, and nothing goes on before', async (_, altered, words) => {
      await using on = await migrated();
      await alter(on, altered);
      const before = await objectsIn(on);
      const { plan } = await on.look('calendar-foundations');
      const [fault = '', ...others] = await told(on);
      expect(others).toEqual([]);
      expect(fault).toMatch(words);
      expect(plan).toMatchObject({ amiss: true, counts: { differing: expect.any(Number) } });
      expect(plan.notes).toContain(`left as it is, a person has to mend it: ${fault}`);
      expect(await gateOf(on, 'calendar-foundations', 'fit')).toEqual(['red', expect.stringContaining(fault)]);
      await expect(on.run('calendar-foundations')).rejects.toThrow(fault);
      for (const change of ['calendar-uniqueness', 'calendar-outbound-sync']) {
        expect(await gateOf(on, change, 'order calendar-foundations')).toEqual(['red', fault]);
      }
      expect(await objectsIn(on)).toEqual(before);
    });

    test.skipIf(rewrites)('a default that was lost is set again, which touches no row', async () => {
      await using on = await migrated();
      const before = await objectsIn(on);
      await alter(on, NO_DEFAULT);
      expect(await told(on)).toEqual([LOST]);
      expect((await on.look('calendar-foundations')).plan).toMatchObject({
        rows: 1,
        summary: [`makes the default of column ${EVENTS}.is_busy`, expect.stringContaining('as they should be')],
      });
      expect((await on.run('calendar-foundations'))?.run).toMatchObject({ state: 'done', counts: { changed: 1 } });
      expect(await objectsIn(on)).toEqual(before);
      expect(await on.run('calendar-foundations')).toBeUndefined();
    });

    test.skipIf(rewrites)('every default that was lost comes back as it was', async () => {
      await using on = await migrated();
      const before = await objectsIn(on);
      const lost = [
        [EVENTS, ['id', 'is_busy', 'created_at', 'updated_at']],
        ['external_calendar_connections', ['id', 'created_at', 'updated_at', 'error_count']],
      ] as const;
      for (const [table, columns] of lost) {
        for (const column of columns) await on.db.execute(`ALTER TABLE ${table} ALTER COLUMN ${column} DROP DEFAULT`);
      }
      expect(await told(on)).toHaveLength(8);
      await on.run('calendar-foundations');
      expect(await objectsIn(on)).toEqual(before);
    });

    test.skipIf(rewrites)('a text without room for an event’s id is told', async () => {
      await using on = await migrated();
      await alter(on, SHORTER);
      const [state, detail] = await gateOf(on, 'calendar-foundations', 'fit');
      expect([state, await told(on)]).toEqual(['red', [detail]]);
      expect(detail).toMatch(/external_event_id is \S+( varying)?\(50\), expected room for 255 characters$/);
    });

    test.skipIf(rewrites)('a check that the table lost is made again', async () => {
      await using on = await migrated();
      const before = await objectsIn(on);
      await alter(on, NO_CHECK);
      await on.run('calendar-foundations');
      expect(await objectsIn(on)).toEqual(before);
    });

    test.skipIf(!rewrites)('what would take a new table is told; a length, which holds nothing, is not', async () => {
      await using on = await migrated();
      await alter(on, SHORTER);
      expect([await told(on), (await on.look('calendar-foundations')).plan.amiss]).toEqual([[], undefined]);
      await alter(on, NO_DEFAULT);
      await alter(on, NO_CHECK);
      const missing = `check constraint ${EVENTS}_end_after_start is missing: the table would have to be written anew for it`;
      expect(await gateOf(on, 'calendar-foundations', 'fit')).toEqual(['red', `${LOST}; ${missing}`]);
    });
  });
}
