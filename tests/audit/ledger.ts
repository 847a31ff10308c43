import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { Audit } from '../../src/audit/audit.ts';
import { auditFile } from '../../src/audit/local-file.ts';
import { readAudit } from '../../src/audit/read.ts';
import { type Verified, verify } from '../../src/audit/verify.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { Stand } from '../data/writing-stand.ts';
import type { TestEngine } from '../engines/engines.ts';

/** A database with its record, and a machine of its own that keeps the other one. */
export class Ledger {
  readonly stand: Stand;
  readonly context: Context;
  readonly database: Database;
  readonly audit: Audit;
  /** The local file. */
  readonly file: string;

  private constructor(stand: Stand, context: Context, database: Database) {
    this.stand = stand;
    this.context = context;
    this.database = database;
    this.audit = new Audit(context, database.dialect);
    this.file = auditFile(context);
  }

  static async open(engine: TestEngine): Promise<Ledger> {
    const folder = mkdtempSync(join(tmpdir(), 'apptop-audit-'));
    vi.stubEnv('XDG_STATE_HOME', folder);
    const stand = await Stand.open(engine);
    const context = defaultContext('test', stand.db.target);
    const ledger = new Ledger(stand, context, await openDatabase(context));
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await ledger.database.close();
      await stand.close();
      rmSync(folder, { recursive: true });
    });
    return ledger;
  }

  /** Records so many runs' intents. */
  async intents(...changes: readonly string[]): Promise<void> {
    for (const change of changes) await this.audit.record(this.stand.session, { event: 'intent', change });
  }

  async read() {
    return readAudit(this.database, this.context, { limit: 100 }, { lane: 'row' });
  }

  /** The changes on record in the database, oldest first. */
  async changes(): Promise<readonly (string | undefined)[]> {
    return (await this.read()).entries.map(({ record }) => record?.change).toReversed();
  }

  verify(): Promise<Verified> {
    return verify(this.context, { database: this.database, options: { lane: 'row' } });
  }

  /** What is wrong with the record, each in two words and a number: `database edited 2`. */
  async findings(): Promise<readonly string[]> {
    const { findings } = await this.verify();
    return findings.map(({ place, kind, at }) => `${place === 'database' ? 'database' : 'file'} ${kind} ${at}`);
  }

  execute(sql: string, parameters: readonly (string | number)[] = []) {
    return this.stand.db.execute(sql, parameters);
  }

  get lines(): readonly string[] {
    return readFileSync(this.file, 'utf8').trimEnd().split('\n');
  }

  /** Does something to the lines of the local file. */
  rewrite(change: (lines: readonly string[]) => readonly string[]): void {
    writeFileSync(this.file, `${change(this.lines).join('\n')}\n`);
  }
}
