import assert from 'node:assert/strict';
import type { Check, CheckResult } from '../../src/checks/check.ts';
import { runChecks } from '../../src/checks/runner.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import type { TestDatabase, TestEngine } from '../engines/engines.ts';

/** What runs checks on one database, as `apptop check` does. */
export class CheckedDatabase {
  readonly engine: TestEngine;
  readonly db: TestDatabase;
  readonly #checks: readonly Check[];

  constructor(engine: TestEngine, db: TestDatabase, checks: readonly Check[]) {
    this.engine = engine;
    this.db = db;
    this.#checks = checks;
  }

  /** Several statements, one after the other. */
  async sql(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.db.execute(statement);
  }

  async results(ids: readonly string[], change: Partial<Context> = {}): Promise<readonly CheckResult[]> {
    const checks = this.#checks.filter(({ id }) => ids.includes(id));
    assert.deepEqual(checks.map(({ id }) => id).toSorted(), [...ids].toSorted());
    const context = { ...defaultContext('test', this.db.target), ...change };
    const database = await openDatabase(context);
    try {
      return await runChecks(database, context, checks, { signal: new AbortController().signal });
    } finally {
      await database.close();
    }
  }

  async result(id: string, change: Partial<Context> = {}): Promise<CheckResult> {
    const [result] = await this.results([id], change);
    if (result === undefined) throw new Error(`${id} gave no result`);
    return result;
  }

  /** What a check finds: its verdict and the keys of the violating rows, or why it can't look. */
  async finds(id: string, change: Partial<Context> = {}): Promise<readonly (string | null | undefined)[]> {
    const { verdict, violations, sample, note } = await this.result(id, change);
    if (note !== undefined) return [verdict, note];
    assert.equal(sample.length, Math.min(violations, 20));
    return [verdict, ...sample.map((row) => row['pk'])];
  }
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, so many seconds before now. */
export const ago = (seconds: number): string =>
  new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');

/** A uuid that ends in a small number. */
export const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
