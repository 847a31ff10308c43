import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { Audit } from '../audit/audit.ts';
import { ONE_EVENT } from '../changes/calendar-schema/migrations.ts';
import { type ChangeGround, type ChangeKind } from '../changes/change.ts';
import { phraseOf } from '../changes/confirm.ts';
import { runNamed } from '../changes/gates.ts';
import { GuardedPath } from '../changes/guarded-path.ts';
import { patiently } from '../changes/patience.ts';
import { toldOf } from '../changes/unit.ts';
import type { Context } from '../config/context.ts';
import { defaultContext } from '../config/resolve.ts';
import { forgetState } from '../config/state.ts';
import { type Database, openDatabase } from '../data/database.ts';
import type { NewColumn } from '../data/schema-words.ts';
import type { Scratch } from '../data/scratch.ts';
import { named } from '../data/state/tables.ts';
import { tableNameOf } from '../data/table-name.ts';
import { loadWriting, openWriting, type WritingEngine, type WritingSession } from '../data/writing.ts';
import { count, counted } from '../model/format.ts';
import { recordOf } from '../model/keys.ts';
import { Problem } from '../model/problem.ts';
import { KNOWN_TABLES } from '../model/tables.ts';

/** One step of a drill. */
export interface DrillStep {
  readonly title: string;
  readonly ok: boolean;
  /** What was found: `19 objects made`, `2 rows exported`. */
  readonly detail: string;
  readonly seconds: number;
}

/** How a drill went; it ends with its first step that fails. */
export interface DrillReport {
  readonly ok: boolean;
  /** Where it was: a schema, database or file that is gone again. */
  readonly scratch: string;
  readonly steps: readonly DrillStep[];
  readonly seconds: number;
  /** Places that earlier drills left behind, and that are gone now. */
  readonly swept: readonly string[];
}

/** The changes that a drill goes through, by what it needs of each. */
export interface DrillKinds {
  /** In the order in which they are applied. */
  readonly forward: readonly ChangeKind[];
  readonly back: ChangeKind;
}

/** Rows that a drill plants: two people with a calendar each, one booking, three events. */
const PEOPLE = 2;
const EVENTS = 3;

/** Something that is not as it should be. */
class Failed extends Error {}

/** The context of a scratch place: only names of its own, and nothing of the users'. */
function contextOf(scratch: Scratch): Context {
  const within = (name: string) => (scratch.schema === undefined ? name : `${scratch.schema}.${name}`);
  return {
    ...defaultContext(scratch.name, scratch.target),
    environment: 'local',
    access: 'operate',
    table: { schema: scratch.schema, name: 'appointments' },
    tables: recordOf(KNOWN_TABLES, within),
  };
}

/** A drill in its scratch place. */
class Drill {
  readonly #context: Context;
  readonly #database: Database;
  readonly #writing: WritingEngine;
  readonly #session: WritingSession;
  readonly #path: GuardedPath;
  readonly #kinds: DrillKinds;
  readonly #signal: AbortSignal;

  constructor(
    context: Context,
    database: Database,
    writing: WritingEngine,
    session: WritingSession,
    kinds: DrillKinds,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#database = database;
    this.#writing = writing;
    this.#session = session;
    this.#kinds = kinds;
    this.#signal = signal;
    const audit = new Audit(context, database.dialect);
    this.#path = new GuardedPath(context, database, audit, [...kinds.forward, kinds.back]);
  }

  /** The steps in their order. */
  get steps(): readonly (readonly [title: string, work: () => Promise<string>])[] {
    const apply = (again: string) =>
      this.#kinds.forward.map((kind) => [`apply ${kind.id}${again}`, () => this.#run(kind)] as const);
    return [
      ['prepare people and bookings', () => this.#prepare()],
      ...apply(''),
      ['verify', () => this.#verify()],
      ['apply again: nothing to do', () => this.#idle()],
      ['plant connections and events', () => this.#plant()],
      ['a doubled event is refused', () => this.#refuse()],
      ['verify with rows', () => this.#verify()],
      ['roll back', () => this.#run(this.#kinds.back)],
      ['verify that it is gone', () => this.#gone()],
      ...apply(' again'),
      ['verify again', () => this.#verify()],
    ];
  }

  /** Plans and runs a change, confirmed as it asks for: nobody's data is in question here. */
  async #run(kind: ChangeKind): Promise<string> {
    const { plan } = await this.#path.look(kind.id, {}, this.#signal);
    const confirmation = { phrase: phraseOf(kind.tier, plan), reason: 'drill' };
    const end = await this.#path.run(plan, confirmation, { leave: this.#signal });
    if (end === undefined) return 'nothing to do';
    const [failed] = end.failed;
    if (end.run.state !== 'done') throw new Failed(end.run.reason ?? failed?.check.id ?? `the run is ${end.run.state}`);
    return toldOf([kind], end.run);
  }

  async #prepare(): Promise<string> {
    const id: NewColumn = { name: 'id', type: 'key', required: true, primary: true };
    for (const table of ['profiles', 'bookings'] as const) {
      const deed = this.#writing.schema.createTable(this.#table(table), [id], []);
      for (const statement of deed.sql) await this.#say(statement);
    }
    return 'profiles, bookings';
  }

  async #verify(): Promise<string> {
    const ids = [...new Set(this.#kinds.forward.flatMap(({ after }) => after))];
    const results = await runNamed(this.#ground(), ids);
    const failed = results.filter(({ verdict }) => verdict !== 'pass');
    if (failed.length > 0) {
      throw new Failed(failed.map(({ check, verdict, note }) => `${check.id}: ${note ?? verdict}`).join('; '));
    }
    return `${counted(results.length, 'check')} hold`;
  }

  async #idle(): Promise<string> {
    for (const { id } of this.#kinds.forward) {
      const { plan } = await this.#path.look(id, {}, this.#signal);
      if (plan.rows > 0) throw new Failed(`${id} would do it again: ${plan.summary.join('; ')}`);
    }
    return 'each finds everything as it should be';
  }

  readonly #booking = randomUUID();
  readonly #people: readonly string[] = Array.from({ length: PEOPLE }, () => randomUUID());

  async #plant(): Promise<string> {
    await this.#say(sql`INSERT INTO ${this.#named('bookings')} (id) VALUES (${this.#booking})`);
    for (const person of this.#people) {
      await this.#say(sql`INSERT INTO ${this.#named('profiles')} (id) VALUES (${person})`);
      await this.#say(
        sql`INSERT INTO ${this.#named('external_calendar_connections')} (provider_id, provider, sync_token) VALUES (${person}, 'google', 'token')`,
      );
    }
    for (let number = 0; number < EVENTS; number += 1) await this.#event(number);
    return `${count(PEOPLE)} connections, ${counted(EVENTS, 'event')}`;
  }

  async #event(number: number): Promise<void> {
    const booking = number === 0 ? this.#booking : null;
    await this.#say(
      sql`INSERT INTO ${this.#named('external_calendar_events')}
        (provider_id, calendar_provider, external_event_id, start_time, end_time, booking_id, sync_status)
        VALUES (${this.#people[0]}, 'google', ${`event-${number}`}, '2026-03-01 10:00:00', '2026-03-01 11:00:00', ${booking}, 'CREATED')`,
    );
  }

  async #refuse(): Promise<string> {
    try {
      await this.#event(1);
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'duplicate')) throw error;
      const { name, columns } = ONE_EVENT;
      const table = this.#table('external_calendar_events').name;
      // A server that keeps a constraint as an index names its columns in the place of it.
      const named =
        error.message.includes(name) || columns.every((column) => error.message.includes(`${table}.${column}`));
      if (named) return `by ${name}`;
      throw new Failed(`it was refused by something else than ${name}: ${error.message}`);
    }
    throw new Failed('the same event was taken twice');
  }

  async #gone(): Promise<string> {
    const left = await this.#path.look(this.#kinds.back.id, {}, this.#signal).catch((error: unknown) => {
      if (error instanceof Problem && error.kind === 'blocked') return undefined;
      throw error;
    });
    if (left !== undefined) throw new Failed(`still there: ${left.plan.summary.join('; ')}`);
    return 'nothing of it is left but the connections';
  }

  #ground(): Pick<ChangeGround, 'context' | 'database' | 'options'> {
    return { context: this.#context, database: this.#database, options: { lane: 'change', signal: this.#signal } };
  }

  #table(name: (typeof KNOWN_TABLES)[number]) {
    return tableNameOf(this.#context.tables[name]);
  }

  #named(name: (typeof KNOWN_TABLES)[number]): RawBuilder<unknown> {
    return named(this.#table(name));
  }

  #say(statement: RawBuilder<unknown>): Promise<number> {
    return this.#session.execute(this.#database.dialect.compile(statement));
  }
}

async function rehearse(
  drill: Drill,
  onStep: (step: DrillStep) => void,
  signal: AbortSignal,
): Promise<readonly DrillStep[]> {
  const done: DrillStep[] = [];
  for (const [title, work] of drill.steps) {
    if (signal.aborted) throw new Problem('cancelled', 'the drill was broken off', 'begin it again');
    const began = performance.now();
    const [ok, detail] = await work().then(
      (found) => [true, found] as const,
      (error: unknown) => {
        if (error instanceof Failed) return [false, error.message] as const;
        if (error instanceof Problem && error.kind !== 'cancelled')
          return [false, `${error.message}: ${error.remedy}`] as const;
        throw error;
      },
    );
    const step = { title, ok, detail, seconds: (performance.now() - began) / 1000 };
    done.push(step);
    onStep(step);
    if (!ok) break;
  }
  return done;
}

/** Drops what drills left behind whose maker is gone, with what this machine remembers of them. */
async function sweep(writing: WritingEngine, session: WritingSession, context: Context, signal: AbortSignal) {
  const abandoned = await writing.scratch.abandoned(session, context.target);
  for (const scratch of abandoned) {
    await patiently(() => writing.scratch.drop(session, scratch), signal);
    forgetState(contextOf(scratch));
  }
  return abandoned.map(({ name }) => name);
}

/**
 * Rehearses the calendar schema in a place of its own: apply, verify, roll back, verify, apply. Nothing of the database's
 * own is read or written, and nothing is left behind; what a drill leaves that was killed the next one takes away.
 * @param onStep told each step when it is over
 * @throws Problem blocked, where this context only reads or is production; and those of the connection
 */
export async function drillCalendarSchema(
  context: Context,
  kinds: DrillKinds,
  signal: AbortSignal,
  onStep: (step: DrillStep) => void = () => undefined,
): Promise<DrillReport> {
  if (context.environment === 'production') {
    throw new Problem('blocked', 'a drill is never held in production', 'name a local or staging context');
  }
  if (context.access !== 'operate') {
    const remedy = `set contexts.${context.name}.access to "operate" in the config`;
    throw new Problem('blocked', 'this context only reads', remedy);
  }
  const began = performance.now();
  const writing = await loadWriting(context.target.engine);
  const session = await openWriting(context);
  try {
    const swept = await sweep(writing, session, context, signal);
    const scratch = await writing.scratch.make(session, context.target);
    const own = contextOf(scratch);
    const database = await openDatabase(own);
    // A file of its own is written by its own session, a schema by the one that it belongs to.
    const planting = scratch.schema === undefined ? await openWriting(own) : session;
    try {
      const drill = new Drill(own, database, writing, planting, kinds, signal);
      const steps = await rehearse(drill, onStep, signal);
      const seconds = (performance.now() - began) / 1000;
      return { ok: steps.every(({ ok }) => ok), scratch: scratch.name, steps, seconds, swept };
    } finally {
      await database.close();
      if (planting !== session) await planting.close();
      await patiently(() => writing.scratch.drop(session, scratch), new AbortController().signal);
      forgetState(own);
    }
  } finally {
    await session.close();
  }
}
