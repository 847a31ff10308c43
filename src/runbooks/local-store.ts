import * as z from 'zod/mini';
import type { Audit } from '../audit/audit.ts';
import { flawsOf } from '../audit/chain.ts';
import type { AuditEvent } from '../audit/event.ts';
import { appendLine, readLocalFile } from '../audit/local-file.ts';
import type { Context } from '../config/context.ts';
import { stateFile } from '../config/state.ts';
import { here, shown } from '../config/surroundings.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { nowOf, selectNow } from '../data/state/runbooks.ts';
import { Problem } from '../model/problem.ts';
import {
  ENTRY_KINDS,
  ENTRY_STATES,
  isOpenRun,
  RUNBOOK_STATES,
  type RunbookRecord,
  type RunbookRun,
} from '../model/runbook-run.ts';
import { readEvidence } from './evidence.ts';
import {
  begun,
  CLAIM_SECONDS,
  type Mutation,
  moved,
  type NewRun,
  noSuchRun,
  operatorName,
  type RunbookStore,
} from './store.ts';

const READING: QueryOptions = { lane: 'change' };

const line = z.object({
  run: z.object({
    id: z.number(),
    runbook: z.string(),
    title: z.string(),
    definition: z.string(),
    state: z.enum(RUNBOOK_STATES),
    reason: z.optional(z.string()),
    operator: z.string(),
    beganAt: z.number(),
    updatedAt: z.number(),
    endedAt: z.optional(z.number()),
    revision: z.number(),
    mark: z.string(),
    audit: z.object({ seq: z.number(), hash: z.string() }),
  }),
  entries: z.array(
    z.object({
      seq: z.number(),
      kind: z.enum(ENTRY_KINDS),
      subject: z.string(),
      state: z.enum(ENTRY_STATES),
      operator: z.string(),
      name: z.optional(z.string()),
      note: z.optional(z.string()),
      evidence: z.string(),
      beganAt: z.number(),
      endedAt: z.optional(z.number()),
      workedMs: z.number(),
      claim: z.string(),
      expiresAt: z.number(),
      mark: z.string(),
    }),
  ),
});

/** Somebody wrote between the look and the line. */
class Overtaken extends Error {}

/**
 * Runs in a file of this machine, for a context that only reads: a chain of lines, each with what it changed of a run.
 * Other processes may write to it at the same time: each line says which one it follows.
 */
export class LocalStore implements RunbookStore {
  readonly place = 'local';
  readonly #database: Database;
  readonly #audit: Audit;
  readonly #file: string;

  constructor(context: Context, database: Database, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
    this.#file = stateFile(context, 'runbooks');
  }

  async runs(limit: number): Promise<readonly RunbookRun[]> {
    const { records } = await this.#read();
    return [...records.values()]
      .map(({ run }) => run)
      .toReversed()
      .slice(0, limit);
  }

  async read(id: number): Promise<RunbookRecord | undefined> {
    const { records } = await this.#read();
    const record = records.get(id);
    return record && { ...record, now: await this.#now() };
  }

  begin(run: NewRun, event: AuditEvent): Promise<RunbookRecord> {
    return this.#again(async () => {
      const { seq, records } = await this.#read();
      const now = await this.#now();
      const open = [...records.values()].findLast(
        (record) => record.run.runbook === run.runbook && isOpenRun(record.run),
      );
      if (open !== undefined) return { ...open, now };
      const added = { run: begun(run, records.size + 1, now, this.#operator()), entries: [], now };
      await this.#write(seq, added, [], event);
      return added;
    });
  }

  mutate(id: number, decide: (record: RunbookRecord) => Mutation): Promise<RunbookRecord> {
    return this.#again(async () => {
      const { seq, records } = await this.#read();
      const found = records.get(id);
      if (found === undefined) throw noSuchRun(id);
      const record = { ...found, now: await this.#now() };
      const mutation = decide(record);
      const next = moved(record, mutation, this.#operator());
      const changed = new Set([...(mutation.ended ?? []).map((end) => end.seq), next.entries.at(-1)?.seq]);
      await this.#write(
        seq,
        next,
        next.entries.filter((entry) => changed.has(entry.seq)),
        mutation.event,
      );
      return next;
    });
  }

  renew(id: number, entrySeq: number, claim: string): Promise<boolean> {
    return this.#again(async () => {
      const { seq, records } = await this.#read();
      const record = records.get(id);
      const entry = record?.entries.find((one) => one.seq === entrySeq);
      if (record === undefined || entry?.claim !== claim || entry.state !== 'running') return false;
      const expiresAt = (await this.#now()) + CLAIM_SECONDS * 1000;
      await this.#write(seq, record, [{ ...entry, expiresAt }], undefined);
      return true;
    });
  }

  during<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return work();
  }

  restored(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async edited({ entries }: RunbookRecord): Promise<readonly string[]> {
    const wholes = (await readLocalFile(this.#file)).lines.flatMap(({ whole }) => whole ?? []);
    const flaws = await flawsOf(wholes, undefined);
    const accepted = new Set(entries.flatMap(({ evidence }) => readEvidence(evidence).edited ?? []));
    return flaws
      .map(({ link, text }) => `line ${link.seq} of ${shown(this.#file, here())}: ${text}`)
      .filter((flaw) => !accepted.has(flaw));
  }

  gone(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  /** The number of the last line, and the runs that all lines together make, oldest first. */
  async #read(): Promise<{ readonly seq: number; readonly records: ReadonlyMap<number, RunbookRecord> }> {
    const records = new Map<number, RunbookRecord>();
    let seq = 0;
    for (const { whole } of (await readLocalFile(this.#file)).lines) {
      if (whole === undefined) continue;
      seq = whole.seq;
      const parsed = z.safeParse(line, JSON.parse(whole.body));
      if (!parsed.success) continue;
      const { run: kept, entries: some } = parsed.data;
      const run = { ...kept, reason: kept.reason, endedAt: kept.endedAt };
      const entries = some.map((entry) => ({ ...entry, name: entry.name, note: entry.note, endedAt: entry.endedAt }));
      const before = records.get(run.id)?.entries ?? [];
      const earlier = before.map((entry) => entries.find((one) => one.seq === entry.seq) ?? entry);
      const added = entries.filter((entry) => !before.some((one) => one.seq === entry.seq));
      records.set(run.id, { run, entries: [...earlier, ...added], now: run.updatedAt });
    }
    return { seq, records };
  }

  /** @param event undefined where nothing happened that has to be on record */
  async #write(
    after: number,
    { run, now }: RunbookRecord,
    entries: RunbookRecord['entries'],
    event: AuditEvent | undefined,
  ): Promise<void> {
    const { server } = this.#database;
    if (event !== undefined && server !== undefined) await this.#audit.recordLocally(server, event, now);
    try {
      await appendLine(this.#file, (_, seq) => {
        if (seq !== after + 1) throw new Overtaken();
        return { seq, run, entries };
      });
    } catch (error) {
      if (error instanceof Overtaken || error instanceof Problem || !(error instanceof Error && 'code' in error))
        throw error;
      throw new Problem(
        'blocked',
        `${this.#file} can't be written: ${error.message}`,
        'make room, or set XDG_STATE_HOME',
        {
          cause: error,
        },
      );
    }
  }

  async #again<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
    }
  }

  async #now(): Promise<number> {
    const [row] = await this.#database.query(selectNow(this.#database.dialect), READING);
    return nowOf(row);
  }

  #operator(): string {
    return operatorName(this.#database.server?.user);
  }
}
