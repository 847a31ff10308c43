import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Check, CheckResult, DatabaseCheck, OutsideCheck } from '../../src/checks/check.ts';
import type { TestEngine } from '../engines/engines.ts';

const FACTS = {
  title: 'nothing is wrong',
  system: 'own',
  phases: ['monitor'],
  severity: 'error',
  reason: 'it matters',
  remedy: 'put it right',
} as const;

type Facts = Partial<Omit<DatabaseCheck, 'look'>>;

/** A check of a test's own, called `own/<name>`. */
export const asking = (name: string, look: DatabaseCheck['look'], facts: Facts = {}): Check => ({
  ...FACTS,
  id: `own/${name}`,
  look,
  ...facts,
});

export const askingOutside = (name: string, lookOutside: OutsideCheck['lookOutside'], facts: Facts = {}): Check => ({
  ...FACTS,
  id: `own/${name}`,
  lookOutside,
  ...facts,
});

/** Passes after one statement. */
export const quick = (name: string, facts: Facts = {}): Check =>
  asking(name, (ground) => ground.violations(sql`SELECT 1 AS pk FROM (SELECT 1 AS one) AS ones WHERE one = 2`), facts);

/** Runs until it is stopped. */
export const slow = (name: string, engine: TestEngine, facts: Facts = {}): Check =>
  asking(
    name,
    async (ground) => ({ violations: (await ground.query(sql.raw(engine.slowQuery))).length, sample: [] }),
    facts,
  );

/** A result as if a check had been run. */
export const resultOf = (check: Check, found: Partial<CheckResult> = {}): CheckResult => ({
  check,
  verdict: 'pass',
  violations: 0,
  sample: [],
  figure: undefined,
  note: undefined,
  statements: [],
  durationMs: 12.34,
  at: Date.UTC(2026, 10, 21, 12, 4, 31),
  ...found,
});

export const verdicts = (results: readonly CheckResult[]): Readonly<Record<string, string>> =>
  Object.fromEntries(results.map(({ check, verdict }) => [check.id.replace('own/', ''), verdict]));

/** Counts how many are at work at the same time. */
export class Crowd {
  #now = 0;
  most = 0;

  /** Does some work of at least a few turns of the event loop as one of them. */
  async join<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
    try {
      await sleep(5);
      return await work();
    } finally {
      this.#now -= 1;
    }
  }
}
