import { once } from 'node:events';
import { isIP, connect as openSocket, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls } from 'node:tls';
import { Client } from 'pg';
import type { Row } from '../connection.ts';
import { rowMaker } from '../row-maker.ts';

/** How to reach a server: everything resolved, nothing left to the driver's defaults. */
export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** undefined: in the clear. */
  readonly ssl: ConnectionOptions | undefined;
  /** `name=value`, without spaces; empty for poolers that take none in the first packet. */
  readonly settings: readonly string[];
}

/** Every value as the server writes it. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value };

/** Times are counted in UTC and written alike whatever the server's configuration. */
export const TIMES = ['TimeZone=UTC', 'DateStyle=ISO', 'IntervalStyle=postgres'];

/**
 * A session reads only from its first moment. With the default of 4 MB for work the server guesses that the few groups of
 * a table won't fit, and sorts the table on disk instead: 5.2 s of CPU for 1,000,000 rows, not 2.3 s. The groups take
 * about 2 MB.
 */
export const SETTINGS = [
  'default_transaction_read_only=on',
  ...TIMES,
  'work_mem=65536', // kB
];

/** Milliseconds that a server gets to take its leave. */
const FAREWELL_MS = 500;

/** A raw session with a server. Rejections are the driver's own errors. */
export class Session {
  readonly #client: Client;
  readonly #options: SessionOptions;
  #lost: Error | undefined;
  #mayWrite = false;
  /** What proves to the server that a cancellation comes from here. */
  #key = { processID: 0, secretKey: 0 };

  private constructor(client: Client, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
    // Without a listener the end of an idle session would end the program.
    client.on('error', (error) => {
      this.#lost ??= error;
    });
    client.connection.on('parameterStatus', ({ parameterName, parameterValue }: Record<string, string>) => {
      if (parameterName === 'default_transaction_read_only') this.#mayWrite = parameterValue !== 'on';
    });
    client.connection.on('backendKeyData', (key: { processID: number; secretKey: number }) => {
      this.#key = key;
    });
  }

  /** @param timeoutMs for the network, TLS and the password together */
  static async open(options: SessionOptions, timeoutMs: number): Promise<Session> {
    const { host, port, user, password, database, ssl, settings } = options;
    const client = new Client({
      host,
      port,
      ...(user !== undefined && { user }),
      // As a function, since the driver looks for others in PGPASSWORD and ~/.pgpass in place of none.
      password: () => password ?? '',
      ...(database !== undefined && { database }),
      ssl: ssl ?? false,
      ...(settings.length > 0 && { options: settings.map((setting) => `-c ${setting}`).join(' ') }),
      types: AS_TEXT,
      application_name: 'apptop',
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const session = new Session(client, options);
    try {
      await client.connect();
    } catch (error) {
      // The driver leaves the socket open, and the server would wait a minute for the rest of the greeting.
      client.connection.stream.destroy();
      throw error;
    }
    return session;
  }

  /** Whether somebody switched the session's being read-only off. PostgreSQL reports it from version 14 on. */
  get mayWrite(): boolean {
    return this.#mayWrite;
  }

  /** One statement, one at a time. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const { fields, rows } = await this.#send(text, values);
    const rowOf = rowMaker(fields.map(({ name }) => name));
    return rows.map((cells) => rowOf(cells));
  }

  /** The same, and the number of rows that it found, changed or added. */
  async execute(text: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.#send(text, values)).rowCount ?? 0;
  }

  /** Commands without an answer, of our own and in one round trip. */
  async command(...commands: readonly string[]): Promise<void> {
    if (this.#lost) throw this.#lost;
    await this.#client.query(commands.join('; '));
  }

  /** @returns false where the server rolled back instead: a statement had failed */
  async commit(): Promise<boolean> {
    return (await this.#send('COMMIT', [])).command === 'COMMIT';
  }

  /** In the extended protocol the server takes no second statement behind a semicolon. */
  async #send(text: string, values: readonly unknown[]) {
    if (this.#lost) throw this.#lost;
    const query = { text, values: [...values], rowMode: 'array' as const, queryMode: 'extended' };
    return await this.#client.query<(string | null)[]>(query);
  }

  /**
   * Asks the server to stop what the session runs; it answers nothing. It needs no password and no free connection, a
   * pooler passes it on to whom it means, and another server behind the same address ignores it: the key fits only one.
   * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
   */
  async cancel(timeoutMs: number): Promise<void> {
    const { host, port, ssl } = this.#options;
    const socket = openSocket(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout expired')));
    try {
      await once(socket, 'connect');
      const channel = ssl === undefined ? socket : await encrypt(socket, host, ssl);
      const ended = once(channel.resume(), 'close');
      channel.write(words(16, 80_877_102, this.#key.processID, this.#key.secretKey));
      await ended;
    } finally {
      socket.destroy();
    }
  }

  async end(): Promise<void> {
    const late = setTimeout(() => this.#client.connection.stream.destroy(), FAREWELL_MS);
    await this.#client.end();
    clearTimeout(late);
  }

  /** Breaks the session at once; a running statement rejects with the error. */
  destroy(error: Error): void {
    this.#client.connection.stream.destroy(error);
  }
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeInt32BE(number, 4 * index);
  return bytes;
}

/** Changes a connection to TLS the way PostgreSQL does: the client asks, and the server answers with one letter. */
async function encrypt(socket: Socket, host: string, ssl: ConnectionOptions): Promise<Socket> {
  socket.write(words(8, 80_877_103));
  const [answer]: Buffer[] = await once(socket, 'data');
  if (answer?.toString() !== 'S') throw new Error('The server does not support SSL connections');
  const secure = openTls({ ...ssl, socket, host, ...(isIP(host) === 0 && { servername: host }) });
  await once(secure, 'secureConnect');
  return secure;
}
