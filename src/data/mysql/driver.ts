import { connect as openSocket, type Socket } from 'node:net';
import {
  createConnection,
  type FieldPacket,
  type Connection as MysqlConnection,
  type ResultSetHeader,
  type RowDataPacket,
  type SslOptions,
  type TypeCast,
} from 'mysql2';
import type { Row } from '../connection.ts';
import { rowMaker } from '../row-maker.ts';

/** How to reach a server: everything resolved, nothing left to the driver's defaults. */
export interface SessionOptions {
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** undefined: in the clear. */
  readonly ssl: SslOptions | undefined;
}

/** Milliseconds that a server gets to take its leave. */
const FAREWELL_MS = 500;

/** Bits arrive as bytes and are read as a number, as every other integer; all else is text, or bytes read as UTF-8. */
const asText: TypeCast = (field): string | null => {
  if (field.type !== 'BIT') return field.string('utf8');
  const bytes = field.buffer();
  return bytes && BigInt(`0x${bytes.toString('hex')}`).toString();
};

/** A raw session with a server. Rejections are the driver's own errors. */
export class Session {
  readonly #connection: MysqlConnection;
  readonly #socket: Socket;
  #lost: Error | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(connection: MysqlConnection, socket: Socket) {
    this.#connection = connection;
    this.#socket = socket;
    // Without a listener the end of an idle session would end the program.
    connection.on('error', (error: Error) => this.#lose(error));
  }

  /** @param timeoutMs for the greeting, TLS and the password together */
  static open(options: SessionOptions, timeoutMs: number): Promise<Session> {
    const { address, user, password, database, ssl } = options;
    // A socket of our own, as the driver only half-closes its own, which leaves a silent server's open for good.
    const socket = openSocket(address);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    const connection = createConnection({
      stream: () => socket,
      ...('host' in address ? { host: address.host, port: address.port } : { socketPath: address.path }),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
      ...(ssl && { ssl }),
      connectTimeout: timeoutMs,
      charset: 'utf8mb4_bin',
      connectAttributes: { program_name: 'apptop' },
      // A server could ask the client for any file of its machine. Rows are counted that are found, not that change.
      flags: ['-LOCAL_FILES', 'FOUND_ROWS'],
      typeCast: asText,
      // The generated parser throws on a column named `__proto__`.
      disableEval: true,
    });
    const session = new Session(connection, socket);
    return new Promise((resolve, reject) => {
      connection.connect((error) => {
        if (error === null) return resolve(session);
        socket.destroy();
        reject(error);
      });
    });
  }

  get threadId(): number {
    return this.#connection.threadId;
  }

  /** One statement; parameters are written into its text. One at a time. */
  async query(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    const { result, fields } = await this.#send(sql, parameters);
    if (!Array.isArray(result)) return [];
    const rowOf = rowMaker(fields.map((field) => field.name));
    return result.map((cells) => rowOf(cells));
  }

  /** The same. @returns how many rows it found to change, also where they already were what they became */
  async execute(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    const { result } = await this.#send(sql, parameters);
    return Array.isArray(result) ? 0 : result.affectedRows;
  }

  #send(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<{ readonly result: RowDataPacket[] | ResultSetHeader; readonly fields: readonly FieldPacket[] }> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      this.#fail = reject;
      const options = { sql, values: [...parameters], rowsAsArray: true };
      this.#connection.query<RowDataPacket[] | ResultSetHeader>(options, (error, result, fields) => {
        this.#fail = undefined;
        if (error?.fatal) this.#lost ??= error;
        if (error) reject(error);
        else resolve({ result, fields });
      });
    });
  }

  /** Says goodbye, which spares the server's log an aborted connection. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      const late = setTimeout(() => this.#socket.destroy(), FAREWELL_MS);
      this.#socket.once('close', () => {
        clearTimeout(late);
        resolve();
      });
      this.#connection.end();
    });
  }

  /** Breaks the session at once; a running statement rejects with the error. */
  destroy(error: Error): void {
    this.#lose(error);
    this.#socket.destroy();
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#fail?.(error);
    this.#fail = undefined;
  }
}
