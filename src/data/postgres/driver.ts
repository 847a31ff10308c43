import { Client, type ClientConfig } from 'pg';
import type { Row } from '../connection.ts';

/** How to reach a server: everything resolved, nothing left to the driver's defaults. */
export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** undefined: in the clear. */
  readonly ssl: ClientConfig['ssl'];
}

/** Every value as the server writes it. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value };

/**
 * Settings that come with the first packet: the session reads only from its first moment, counts in UTC and writes
 * times the same way whatever the server's configuration.
 */
const SETTINGS = '-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres';

/** A raw session with a server. Rejections are the driver's own errors. */
export class Session {
  readonly #client: Client;
  #lost: Error | undefined;
  /** Whether the server said that transactions may write from now on. */
  #mayWrite = false;

  private constructor(client: Client) {
    this.#client = client;
    // Without a listener the end of an idle session would end the program.
    client.on('error', (error) => {
      this.#lost ??= error;
    });
    client.connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'default_transaction_read_only') this.#mayWrite = parameterValue !== 'on';
    });
  }

  static async open(options: SessionOptions, timeoutMs: number): Promise<Session> {
    const { host, port, user, password, database, ssl } = options;
    const client = new Client({
      host,
      port,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
      ssl: ssl ?? false,
      options: SETTINGS,
      types: AS_TEXT,
      application_name: 'apptop',
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const session = new Session(client);
    await client.connect();
    return session;
  }

  /** Whether somebody switched the session's being read-only off. PostgreSQL reports it from version 14 on. */
  get mayWrite(): boolean {
    return this.#mayWrite;
  }

  /** One statement, one at a time. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    if (this.#lost) throw this.#lost;
    const result = await this.#client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array' });
    const names = result.fields.map(({ name }) => name);
    return result.rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])));
  }

  async end(): Promise<void> {
    await this.#client.end();
  }

  /** Breaks the session at once; a running statement rejects. */
  destroy(): void {
    this.#client.connection.stream.destroy();
  }
}
