import type { SchemaWords } from '../../data/schema-words.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Change, ChangeGround, ChangeKind, Gate, Planned } from '../change.ts';
import { green, red } from '../gates.ts';
import { assertTakes } from '../takes.ts';
import { foundations, outboundSync, uniqueness } from './migrations.ts';
import { type Scene, sceneOf, strayIn } from './shape.ts';
import { environmentGate, fitGate, MEND, perform, sqlOf } from './steps.ts';
import type { Found } from './survey.ts';

/** Seconds that one object takes in a table without many rows, for a first guess. */
const SECONDS_OF_A_STEP = 0.05;

type Migration = (scene: Scene, words: SchemaWords) => Found;

interface Facts extends Pick<ChangeKind, 'id' | 'title' | 'purpose' | 'before' | 'after'> {
  readonly migration: Migration;
  /** Those that have to be there before, with the change that makes them. */
  readonly behind: readonly (readonly [change: string, migration: Migration])[];
}

async function plan(ground: ChangeGround, migration: Migration): Promise<Planned> {
  const { words, scene } = await looked(ground);
  const { steps, there, differing, left } = migration(scene, words);
  const busy = Object.entries(scene.shapes).flatMap(([name, shape]) => (shape?.busy ? [name] : []));
  return {
    rows: steps.length,
    total: steps.length,
    counts: { make: steps.length, there: there.length, differing: differing.length, left: left.length },
    summary: [
      ...steps.map(({ what, drops }) => `${drops ? 'drops' : 'makes'} ${what}`),
      `finds ${counted(there.length, 'object')} as ${there.length === 1 ? 'it' : 'they'} should be`,
    ],
    sql: sqlOf(ground, steps),
    sample: [],
    ...(differing.length > 0 && { amiss: true as const }),
    loses: steps.filter(({ drops }) => drops).map(({ what }) => `${what}: rows that it keeps apart may come`),
    rollback: 'rollback-calendar-schema takes it back, the newest migration first',
    seconds: steps.length * SECONDS_OF_A_STEP,
    notes: [
      ...left.map((what) => `not made: ${what}`),
      ...differing.map((what) => `left as it is, a person has to mend it: ${what}`),
      ...busy.map((name) => `${name} has rows already`),
      ...words.limits,
    ],
  };
}

async function looked(ground: ChangeGround): Promise<{ readonly scene: Scene; readonly words: SchemaWords }> {
  return { scene: await sceneOf(ground), words: ground.writing.schema };
}

async function orderGate(ground: ChangeGround, behind: Facts['behind']): Promise<readonly Gate[]> {
  const { scene, words } = await looked(ground);
  return behind.map(([change, migration]) => {
    const [id, title] = [`order ${change}`, `${change} was applied`];
    const { steps, differing } = migration(scene, words);
    const [first] = steps;
    if (first === undefined && differing.length === 0) return green(id, title, 'nothing of it is missing');
    const missing = `${counted(steps.length, 'object')} of it ${steps.length === 1 ? 'is' : 'are'} missing: ${first?.what}`;
    const undone = first?.drops ? `${first.what} is there still` : missing;
    const why = [...(first === undefined ? [] : [undone]), ...differing].join('; ');
    return red(id, title, why, differing.length > 0 ? MEND : `apply it first: apptop change plan ${change}`);
  });
}

/** One of the three migrations as a change: it makes what is missing, and looks before each thing whether it is there. */
function migrationKind({ migration, behind, ...facts }: Facts): ChangeKind {
  return {
    ...facts,
    tier: 'typed',
    needsBackup: false,
    tables: ['external_calendar_events', 'external_calendar_connections'],
    alters: true,
    drill: 'calendar-schema',
    strayIn,
    unit: 'object',
    told: ({ counts, planned }) => `${counted(counts.changed, 'object')} made of ${planned}`,
    with(parameters): Change {
      assertTakes(facts.id, parameters, []);
      let made = 0;
      return {
        parameters,
        throttled: false,
        plan: (ground) => plan(ground, migration),
        async gates(ground) {
          const { scene, words } = await looked(ground);
          return [environmentGate(ground), ...(await orderGate(ground, behind)), fitGate(migration(scene, words))];
        },
        async prepare(session, ground) {
          const { scene, words } = await looked(ground);
          for (const step of migration(scene, words).steps) {
            await perform(session, ground, step);
            made += 1;
          }
          const [missing] = migration((await looked(ground)).scene, words).steps;
          if (missing === undefined) return { changed: made };
          throw new Problem('sql', `${missing.what} is not there after it was made`, 'see who takes it away again');
        },
      };
    },
  };
}

const QUIET = ['calendar-schema/flags-off', 'calendar-schema/no-active-sync', 'schema/no-long-locks'] as const;
const UNIQUE_EVENTS = ['calendar-schema/unique-constraint', 'calendar-schema/unique-events'] as const;
const FIRST: readonly [string, Migration] = ['calendar-foundations', foundations];
const SECOND: readonly [string, Migration] = ['calendar-uniqueness', uniqueness];

/** The first migration. */
export const CALENDAR_FOUNDATIONS = migrationKind({
  id: FIRST[0],
  title: 'Lay the foundations of the calendar sync',
  purpose: 'makes the tables of calendar connections and events with their indexes and triggers',
  before: [...QUIET, 'calendar-schema/no-conflicting-data'],
  after: ['calendar-schema/unique-events', 'calendar-schema/end-after-start'],
  migration: foundations,
  behind: [],
});

/** The second one, which finds nothing to do where the first one made the table. */
export const CALENDAR_UNIQUENESS = migrationKind({
  id: SECOND[0],
  title: 'Put the uniqueness of calendar events right',
  purpose: 'makes events unique by provider, calendar and event, in the place of narrower constraints',
  before: [...QUIET, 'calendar-schema/no-conflicting-data'],
  after: [...UNIQUE_EVENTS, 'calendar-schema/end-after-start'],
  migration: uniqueness,
  behind: [FIRST],
});

/** The third one, after which all nine validations have to hold. */
export const CALENDAR_OUTBOUND_SYNC = migrationKind({
  id: 'calendar-outbound-sync',
  title: 'Prepare events for the outbound sync',
  purpose: 'maps bookings to calendar events, and keeps how each was sent',
  before: [...QUIET, 'calendar-schema/unique-bookings'],
  after: [
    ...UNIQUE_EVENTS,
    'calendar-schema/unique-bookings',
    'calendar-schema/no-orphans',
    'calendar-schema/required-indexes',
    'calendar-schema/required-columns',
    'calendar-schema/end-after-start',
    'calendar-schema/sync-status',
  ],
  migration: outboundSync,
  behind: [FIRST, SECOND],
});
