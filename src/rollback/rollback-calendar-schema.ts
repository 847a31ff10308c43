import { countDoomed, exportAndDrop, exportFolder, unexportable } from '../changes/calendar-schema/export.ts';
import { type Scene, sceneOf, strayIn } from '../changes/calendar-schema/shape.ts';
import { environmentGate, perform, sqlOf } from '../changes/calendar-schema/steps.ts';
import { type Loss, UNDOING, type UndoStep } from '../changes/calendar-schema/undo.ts';
import type { Change, ChangeGround, ChangeKind, Gate, Parameters, Planned } from '../changes/change.ts';
import { green, red } from '../changes/gates.ts';
import { assertTakes } from '../changes/takes.ts';
import { counted } from '../model/format.ts';
import { Problem } from '../model/problem.ts';

const ROWS_EXPORTED_PER_SECOND = 50_000;
const SECONDS_OF_A_STEP = 0.05;

/** The migration that stays with those before it: 0 takes all three back. @throws Problem usage */
function stayingOf({ to = 0 }: Parameters): number {
  if (to === 0 || to === 1 || to === 2) return to;
  throw new Problem('usage', `"${String(to)}" is no migration to go back to`, 'give --to 0, 1 or 2; 0 takes all back');
}

interface Going {
  readonly scene: Scene;
  /** Of the migrations that go, the newest first. */
  readonly migrations: readonly { readonly number: number; readonly steps: readonly UndoStep[] }[];
  readonly stuck: readonly string[];
}

async function going(ground: ChangeGround, staying: number): Promise<Going> {
  const scene = await sceneOf(ground);
  const migrations = UNDOING.filter(({ number }) => number > staying).map(({ number, undo }) => ({
    number,
    ...undo(scene, ground.writing.schema),
  }));
  return { scene, migrations, stuck: migrations.flatMap(({ stuck }) => stuck) };
}

const stepsOf = ({ migrations }: Going): readonly UndoStep[] => migrations.flatMap(({ steps }) => steps);

/** A loss in words: `2 rows of external_calendar_events`, `1 row of … loses booking_id`. */
function lossText({ table, columns }: Loss, rows: number, { names }: Scene): string {
  const what = `${counted(rows, 'row')} of ${names[table].name}`;
  if (columns === undefined) return `deletes ${what}`;
  return `takes ${columns.map(({ name }) => name).join(', ')} from ${what}`;
}

async function plan(ground: ChangeGround, staying: number): Promise<Planned> {
  const found = await going(ground, staying);
  const steps = stepsOf(found);
  if (steps.length === 0 && found.stuck.length === 0) {
    throw new Problem('blocked', 'there is nothing to take back', 'none of these migrations was applied');
  }
  const losses: { readonly text: string; readonly rows: number }[] = [];
  for (const { loses } of steps) {
    if (loses === undefined) continue;
    const rows = await countDoomed(ground, loses, found.scene);
    losses.push({ rows, text: lossText(loses, rows, found.scene) });
  }
  const rows = losses.reduce((sum, loss) => sum + loss.rows, 0);
  return {
    rows,
    total: rows,
    counts: {
      rows,
      ...Object.fromEntries(
        found.migrations.map(({ number, steps: own }) => [`drops of migration ${number}`, own.length]),
      ),
    },
    summary: [
      ...found.migrations.flatMap(({ number, steps: own }) =>
        own.map(({ what }) => `migration ${number}: drops ${what}`),
      ),
      ...losses.map(({ text }) => text),
    ],
    sql: sqlOf(ground, steps),
    sample: [],
    loses: losses.filter((loss) => loss.rows > 0).map(({ text }) => text),
    rollback: `the migrations can be applied again; what rows held stands in ${exportFolder(ground)} as JSON lines`,
    seconds: rows / ROWS_EXPORTED_PER_SECOND + steps.length * SECONDS_OF_A_STEP,
    notes: [
      ...(staying === 0 ? [`${found.scene.names.external_calendar_connections.name} stays, with its connections`] : []),
      ...found.stuck.map((what) => `can not be dropped here: ${what}`),
    ],
  };
}

async function exportGate(ground: ChangeGround, staying: number): Promise<Gate> {
  const title = 'what rows hold can be exported';
  const found = await going(ground, staying);
  const why = stepsOf(found).flatMap(({ loses }) => (loses && unexportable(loses, found.scene)) ?? []);
  return why.length === 0
    ? green('export', title, `to ${exportFolder(ground)}`)
    : red('export', title, why.join('; '), 'export the rows and drop the table by hand');
}

/** Takes the migrations of the calendar schema back: 3, 2, 1, and none before those that stand on it. */
export const ROLLBACK_CALENDAR_SCHEMA: ChangeKind = {
  id: 'rollback-calendar-schema',
  title: 'Roll back the calendar schema',
  purpose: 'takes the calendar migrations back, the newest first, and exports what rows lose',
  tier: 'typed',
  needsBackup: false,
  tables: ['external_calendar_events', 'external_calendar_connections'],
  alters: true,
  drill: 'calendar-schema',
  before: ['calendar-schema/flags-off', 'calendar-schema/no-active-sync', 'schema/no-long-locks'],
  after: [],
  strayIn,
  told: ({ counts, planned }) => `${counted(counts.changed, 'row')} exported and dropped of ${planned}`,
  undoes: (parameters) => UNDOING.flatMap(({ number, change }) => (number > stayingOf(parameters) ? [change] : [])),
  with(parameters): Change {
    assertTakes('rollback-calendar-schema', parameters, ['to']);
    const staying = stayingOf(parameters);
    let lost = 0;
    return {
      parameters,
      throttled: false,
      plan: (ground) => plan(ground, staying),
      gates: async (ground) => [environmentGate(ground), await exportGate(ground, staying)],
      async finish(session, ground, run, telling) {
        for (const number of UNDOING.map((undoing) => undoing.number)) {
          // Each migration is looked at when those above it are gone.
          const found = await going(ground, staying);
          const own = found.migrations.find((migration) => migration.number === number)?.steps ?? [];
          for (const step of own) {
            const { loses } = step;
            if (loses === undefined) {
              await perform(session, ground, step);
              continue;
            }
            lost += await exportAndDrop(
              session,
              ground,
              found.scene,
              { ...step, loses },
              {
                run: run.id,
                most: run.planned - lost,
                onExported: ({ file, rows, sha256 }) => telling.record({ file, rows, sha256, of: step.what }),
              },
            );
          }
        }
        const [left] = stepsOf(await going(ground, staying));
        if (left === undefined) return { changed: lost };
        throw new Problem('sql', `${left.what} is still there`, 'see who makes it again');
      },
    };
  },
};
