import { sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Lease } from '../../model/run.ts';
import type { Dialect, Expression, Row, TableName } from '../connection.ts';
import type { WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named, stateTable } from './tables.ts';

/** Seconds that a lease lasts unless it is renewed. */
const LEASE_SECONDS = 30;

/** One operator at a time changes a database. */
const NAME = 'change';

const leaseTable = (appointments: TableName): Expression => named(stateTable(appointments, 'apptop_lease'));

/** The lease, with whether it has run out by the database's clock. */
export const selectLease = (dialect: Dialect, appointments: TableName): Expression =>
  sql`SELECT token, holder, run, since, expires_at, CASE WHEN expires_at <= ${dialect.now()} THEN 1 ELSE 0 END AS expired
    FROM ${leaseTable(appointments)} WHERE name = ${NAME}`;

export const leaseOf = (row: Row): Lease => ({
  token: Number(row['token']),
  holder: row['holder'] ?? '',
  run: row['run'] === null ? undefined : Number(row['run']),
  since: Math.round(Number(row['since']) * 1000),
  expiresAt: Math.round(Number(row['expires_at']) * 1000),
  expired: row['expired'] === '1',
});

/** The one lease of a database through one writing session; all of it by the database's clock. */
export class Leases {
  readonly #speaker: Speaker;
  readonly #appointments: TableName;
  readonly #table: Expression;

  constructor(session: WritingSession, dialect: Dialect, appointments: TableName) {
    this.#speaker = new Speaker(session, dialect);
    this.#appointments = appointments;
    this.#table = leaseTable(appointments);
  }

  /** Who holds or last held it; undefined when nobody ever did. */
  async read(): Promise<Lease | undefined> {
    const [row] = await this.#speaker.query(selectLease(this.#speaker.dialect, this.#appointments));
    return row && leaseOf(row);
  }

  /**
   * Takes the lease when it is free or has run out; with `force` also from whoever holds it, whose token is then too old
   * for another batch.
   * @returns the new token, or undefined while somebody else holds it
   */
  async take(holder: string, force: boolean): Promise<number | undefined> {
    const before = await this.read();
    const now = this.#speaker.dialect.now();
    const until = sql`${now} + ${sql.lit(LEASE_SECONDS)}`;
    if (before === undefined) {
      try {
        await this.#speaker.execute(sql`INSERT INTO ${this.#table} (name, token, holder, run, since, expires_at)
          VALUES (${NAME}, 1, ${holder}, NULL, ${now}, ${until})`);
        return 1;
      } catch (error) {
        if (error instanceof Problem && error.kind === 'duplicate') return undefined;
        throw error;
      }
    }
    const free = force ? sql`1 = 1` : sql`expires_at <= ${now}`;
    const token = before.token + 1;
    const matched =
      await this.#speaker.execute(sql`UPDATE ${this.#table} SET token = ${token}, holder = ${holder}, run = NULL,
      since = ${now}, expires_at = ${until} WHERE name = ${NAME} AND token = ${before.token} AND ${free}`);
    return matched === 1 ? token : undefined;
  }

  /** Says for which run it is held. */
  async holdFor(token: number, run: number): Promise<void> {
    await this.#speaker.execute(sql`UPDATE ${this.#table} SET run = ${run} WHERE name = ${NAME} AND token = ${token}`);
  }

  /** @returns false when somebody took it */
  async renew(token: number): Promise<boolean> {
    const until = sql`${this.#speaker.dialect.now()} + ${sql.lit(LEASE_SECONDS)}`;
    const matched = await this.#speaker.execute(
      sql`UPDATE ${this.#table} SET expires_at = ${until} WHERE name = ${NAME} AND token = ${token}`,
    );
    return matched === 1;
  }

  /** Lets others have it at once. */
  async release(token: number): Promise<void> {
    await this.#speaker.execute(
      sql`UPDATE ${this.#table} SET expires_at = ${this.#speaker.dialect.now()} WHERE name = ${NAME} AND token = ${token}`,
    );
  }
}
