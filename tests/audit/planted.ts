import { canonicalJson } from '../../src/audit/canonical.ts';
import { GENESIS, type Link, loadHashing } from '../../src/audit/chain.ts';
import type { TestDatabase, TestEngine } from '../engines/engines.ts';

const LONG_TEXT: Readonly<Record<TestEngine['name'], string>> = { sqlite: 'text', mysql: 'longtext', postgres: 'text' };

/** A record as apptop writes it, but for what a test says. */
export const record = (change: Readonly<Record<string, unknown>> = {}) => ({
  version: 1,
  at: '2026-11-21T12:04:31.000Z',
  event: 'intent',
  operator: { user: 'ada', host: 'web1', pid: 4711, databaseUser: 'app' },
  context: 'prod',
  environment: 'production',
  database: 'askproai',
  file: '0123456789abcdef',
  change: 'move-booking-ids',
  run: 1,
  ...change,
});

/** A chain of texts. */
export async function linked(bodies: readonly string[]): Promise<Link[]> {
  const hashOf = await loadHashing();
  const links: Link[] = [];
  for (const body of bodies) {
    const prev = links.at(-1)?.hash ?? GENESIS;
    links.push({ seq: links.length + 1, prev, hash: hashOf(prev, body), body });
  }
  return links;
}

/** The table of the records with these in it; a text stands for itself, anything else becomes one. */
export async function plantAudit(engine: TestEngine, db: TestDatabase, records: readonly unknown[]): Promise<void> {
  await db.execute(
    `CREATE TABLE apptop_audit (seq bigint NOT NULL PRIMARY KEY, body ${LONG_TEXT[engine.name]} NOT NULL,
      prev varchar(64) NOT NULL, hash varchar(64) NOT NULL)`,
  );
  const bodies = records.map((value) => (typeof value === 'string' ? value : canonicalJson(value)));
  for (const { seq, body, prev, hash } of await linked(bodies)) {
    await db.execute('INSERT INTO apptop_audit (seq, body, prev, hash) VALUES (?, ?, ?, ?)', [seq, body, prev, hash]);
  }
}
