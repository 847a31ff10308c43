import type { ChangeKind, Gate } from '../../changes/change.ts';
import { isKind } from '../../changes/patience.ts';
import { isIdle } from '../../changes/plan.ts';
import { Stray } from '../../changes/refusals.ts';
import { inUnits } from '../../changes/unit.ts';
import { takeSnapshot } from '../../data/queries/snapshot.ts';
import { Problem } from '../../model/problem.ts';
import { fit } from '../../model/text.ts';
import { distance } from '../../model/time.ts';
import { type MigrationPhase, phaseOf } from '../../rollback/phase.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { documentOf } from './documents.ts';
import { remedyLines } from './gate-lines.ts';
import { coloured, hanging, paragraph } from './layout.ts';
import { note, print, type Session } from './session.ts';

/** How a change stands, as it is without any parameter. */
interface Standing {
  readonly kind: ChangeKind;
  readonly state: 'ready' | 'nothing to do' | 'blocked' | 'not applicable';
  /** Rows that it would change; undefined where it can't be planned. */
  readonly rows: number | undefined;
  /** Why it can't be run, and what to do. */
  readonly why: readonly (readonly [what: string, remedy: string])[];
}

const whyOf = ({ title, detail, remedy }: Gate) => [`${title}: ${detail}`, remedy] as const;

async function standingOf({ path, interruption }: Session, kind: ChangeKind): Promise<Standing> {
  try {
    const { plan, gates } = await path.look(kind.id, {}, interruption.signal);
    if (isIdle(plan, kind.with({}))) return { kind, state: 'nothing to do', rows: plan.rows, why: [] };
    const why = gates.filter(({ state }) => state === 'red').map(whyOf);
    return { kind, state: why.length > 0 ? 'blocked' : 'ready', rows: plan.rows, why };
  } catch (error) {
    if (error instanceof Stray || isMissing(error, kind)) {
      return { kind, state: 'not applicable', rows: undefined, why: [[error.message, error.remedy]] };
    }
    if (!isKind(error, 'blocked', 'refused')) throw error;
    return { kind, state: 'blocked', rows: undefined, why: [[error.message, error.remedy]] };
  }
}

/** Whether a change of the appointments has none here: the database is another application's. */
const isMissing = (error: unknown, { tables }: ChangeKind): error is Problem =>
  error instanceof Problem && error.kind === 'missing' && tables === undefined;

async function phaseNow({ context, database, path, interruption: { signal } }: Session) {
  const scope = { includesDeleted: true, byTenant: false };
  const snapshot = await takeSnapshot(database, context, scope, { lane: 'figures', signal });
  const runs = await path.runs(signal).catch((error: unknown) => {
    if (!isKind(error, 'refused')) throw error;
    note(`where the migration stands can't be told: ${error.message}: ${error.remedy}`);
    return undefined;
  });
  return {
    phase: runs && phaseOf(snapshot.migration, runs, context.changes.monitorHours, snapshot.takenAt),
    now: snapshot.takenAt,
  };
}

/** Where the migration of the booking ids stands, in words. */
export function phaseText(phase: MigrationPhase, now: number): string {
  switch (phase.kind) {
    case 'under-way':
      return `run ${phase.run.id} (${phase.run.change}) is ${phase.run.state}`;
    case 'monitoring':
      return `moved; watched until the cleanup may be, ${distance(phase.until, now)}`;
    case 'cleanup-due':
      return `moved and watched; the cleanup is due since ${distance(phase.since, now)}`;
    case 'rolled-back':
      return `rolled back ${distance(phase.at, now)}`;
    case 'moved-elsewhere':
      return 'moved by something else than apptop';
    case 'by-design':
      return 'none: numeric ids stand in the V2 column on purpose';
    case 'clean':
      return 'none needed: no id is misplaced';
    case 'not-started':
      return 'not started';
    default:
      return phase satisfies never;
  }
}

const LOOKS = {
  ready: { mark: '✔', ascii: '+', colour: 'green' },
  'nothing to do': { mark: '·', ascii: '-', colour: 'cyan' },
  blocked: { mark: '✖', ascii: 'x', colour: 'red' },
  'not applicable': { mark: '·', ascii: '-', colour: 'cyan' },
} as const;

function standingLines({ kind, state, rows, why }: Standing, width: number, { layout }: Session): readonly string[] {
  const look = LOOKS[state];
  const mark = coloured(look.colour, layout.ascii ? look.ascii : look.mark);
  const figure = rows === undefined || state === 'nothing to do' ? '' : inUnits(kind, rows);
  return [
    `${mark} ${fit(kind.id, width)}  ${state.padEnd(14)}${figure}`.trimEnd(),
    ...paragraph(kind.purpose, 4, layout),
    ...why.flatMap(([what, remedy]) => [
      ...hanging(layout.ascii ? '    - ' : '    · ', what, 6, layout),
      ...remedyLines(remedy, 6, layout),
    ]),
  ];
}

const pipeLine = ({ kind, state, rows, why }: Standing): string =>
  tabbed(kind.id, state, rows === undefined ? '' : String(rows), why.map(([what]) => what).join('; '));

/** The phase of the migration of booking ids; undefined where the database has no appointments. */
async function phaseIfThere(session: Session): Promise<Awaited<ReturnType<typeof phaseNow>> | undefined> {
  try {
    return await phaseNow(session);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** Changes of other applications' databases, in one line. */
function strayLines(strays: readonly Standing[], { layout }: Session): readonly string[] {
  if (strays.length === 0) return [];
  const ids = strays.map(({ kind }) => kind.id).join(', ');
  return ['', ...paragraph(`For other databases, without their tables here: ${ids}`, 0, layout)];
}

/** Prints what can be changed, in which state it is, and why not. @throws Problem */
export async function listChanges(session: Session): Promise<ExitCode> {
  const { context, path, json } = session;
  const now = await phaseIfThere(session);
  const standings: Standing[] = [];
  for (const kind of path.kinds.filter(({ chosen }) => chosen === undefined))
    standings.push(await standingOf(session, kind));
  const isStray = ({ state }: Standing) => state === 'not applicable';
  // A database without appointments and without any calendar is the wrong one.
  if (now === undefined && standings.every(isStray)) await session.database.appointments({ lane: 'change' });
  const [here, strays] = [standings.filter((one) => !isStray(one)), standings.filter(isStray)];
  if (json) {
    const changes = here.map(({ kind: { id, title, purpose, tier }, state, rows = null, why }) => ({
      id,
      title,
      purpose,
      tier,
      state,
      rows,
      why: why.map(([what, remedy]) => ({ what, remedy })),
    }));
    const notApplicable = strays.map(({ kind: { id }, why }) => ({ id, why: why.map(([what]) => what).join('; ') }));
    process.stdout.write(
      jsonText(documentOf(context, { migration: now?.phase?.kind ?? null, changes, notApplicable })),
    );
  } else if (process.stdout.isTTY) {
    const width = Math.max(...here.map(({ kind }) => kind.id.length));
    const lines = here.flatMap((standing) => ['', ...standingLines(standing, width, session)]);
    const phase = now?.phase === undefined ? 'unknown' : phaseText(now.phase, now.now);
    const head = now === undefined ? [] : [`Migration of the booking ids: ${phase}`];
    print([...head, ...lines, ...strayLines(strays, session)]);
  } else print(here.map(pipeLine));
  return EXIT.healthy;
}
