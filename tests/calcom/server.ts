import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Bookings, Refusal, type Stored, told } from './bookings.ts';

/** Milliseconds that a slow answer takes. */
const SLOW_MS = 100;

/** What is asked of it. */
export type Operation = 'create' | 'get' | 'list' | 'cancel' | 'reschedule';

/** How one request goes wrong. */
export interface Misbehaviour {
  /** Whether it does what is asked; `late`: when the request after it has been answered. */
  readonly does: 'yes' | 'no' | 'late';
  /**
   * What is heard of it: nothing, as the connection breaks; nothing, as it keeps silent; half an answer; text that is
   * no JSON; an answer without an end; a list where one was asked for; the right answer, but late; a status with a
   * message.
   */
  readonly says: 'drop' | 'silence' | 'half' | 'garbage' | 'huge' | 'series' | 'slow' | Refusal;
}

/** A request as it came. */
export interface Seen {
  readonly operation: Operation | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CalcomOptions {
  readonly key?: string;
  /** Requests that a window allows. */
  readonly limit?: number;
  readonly windowMs?: number;
  readonly blockMs?: number;
  readonly firstId?: bigint;
}

/** API v2 of Cal.com, version 2024-08-13, on this machine: its shapes, statuses and headers, and its bad days. */
export class CalcomServer implements AsyncDisposable {
  readonly bookings: Bookings;
  readonly seen: Seen[] = [];
  /** Requests of the window that had most, and those that were refused for the limit. */
  readonly counted = { most: 0, refused: 0 };
  readonly key: string;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #options: Required<CalcomOptions>;
  readonly #misbehaviours = new Map<Operation, Misbehaviour[]>();
  readonly #late: (() => void)[] = [];
  readonly #texts = new Map<Operation, string>();
  #window = { began: Number.NEGATIVE_INFINITY, requests: 0, blockedUntil: Number.NEGATIVE_INFINITY };

  constructor(options: CalcomOptions) {
    const { key = 'cal_test_4711', limit = 100_000, windowMs = 60_000, blockMs = 60_000, firstId = 1000n } = options;
    this.#options = { key, limit, windowMs, blockMs, firstId };
    this.key = key;
    this.bookings = new Bookings(firstId);
  }

  /** Answers with the base URL. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return `http://127.0.0.1:${address.port}/v2`;
  }

  /** Has the next request of a kind go wrong, and the ones after it, one each. */
  misbehave(operation: Operation, ...how: readonly Misbehaviour[]): this {
    this.#misbehaviours.set(operation, [...(this.#misbehaviours.get(operation) ?? []), ...how]);
    return this;
  }

  /** Has the next request of a kind be answered with a text of a test's own, as a success, and not done. */
  sayOnce(operation: Operation, text: string): this {
    this.#texts.set(operation, text);
    return this;
  }

  /** How often something was asked for. */
  times(operation: Operation): number {
    return this.seen.filter((request) => request.operation === operation).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Counts a request. @returns whether it may go on */
  #count(response: ServerResponse): boolean {
    const { limit, windowMs, blockMs } = this.#options;
    const now = performance.now();
    if (now >= this.#window.began + windowMs && now >= this.#window.blockedUntil) {
      this.#window = { began: now, requests: 0, blockedUntil: Number.NEGATIVE_INFINITY };
    }
    this.#window.requests += 1;
    const { requests, began } = this.#window;
    this.counted.most = Math.max(this.counted.most, requests);
    response.setHeader('X-RateLimit-Limit-Default', limit);
    response.setHeader('X-RateLimit-Remaining-Default', Math.max(0, limit - requests));
    response.setHeader('X-RateLimit-Reset-Default', Math.ceil((began + windowMs - now) / 1000));
    if (requests <= limit) return true;
    if (now >= this.#window.blockedUntil) this.#window.blockedUntil = now + blockMs;
    this.counted.refused += 1;
    return false;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [operation, uid] = routeOf(request.method ?? '', pathname);
    const body = await bodyOf(request);
    this.seen.push({ operation, headers: request.headers, query: searchParams, body });
    const misbehaviour = operation && this.#misbehaviours.get(operation)?.shift();
    const late = this.#late.splice(0);
    try {
      this.#admit(request, response);
      if (operation === undefined) throw new Refusal(404, 'NotFoundException', `Cannot ${request.method} ${pathname}`);
      const work = () => this.#work(operation, uid, body, searchParams);
      const text = this.#texts.get(operation);
      this.#texts.delete(operation);
      if (text !== undefined) {
        send(response, 200, text);
      } else if (misbehaviour === undefined) {
        send(response, operation === 'create' || operation === 'reschedule' ? 201 : 200, work());
      } else {
        const answer = misbehaviour.does === 'yes' ? work() : '{"status":"success","data":{}}';
        if (misbehaviour.does === 'late') this.#late.push(() => void work());
        this.#say(response, misbehaviour.says, answer);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(response, pathname, error);
    }
    for (const work of late) work();
  }

  #admit(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#count(response)) throw new Refusal(429, 'ThrottlerException', 'Too Many Requests');
    if (request.headers['cal-api-version'] !== '2024-08-13') {
      throw new Refusal(404, 'NotFoundException', 'another version was asked for');
    }
    if (request.headers.authorization !== `Bearer ${this.key}`) {
      // A careless server repeats what it was sent.
      const message = `Invalid API key: ${request.headers.authorization}`;
      throw new Refusal(401, 'UnauthorizedException', message);
    }
  }

  #work(operation: Operation, uid: string, body: Seen['body'], query: URLSearchParams): string {
    if (operation === 'list') return pageText(this.bookings.list(query));
    if (operation === 'get') return successText(told(this.bookings.find(uid)));
    if (operation === 'cancel') return successText(told(this.bookings.cancel(uid)));
    if (operation === 'create') return successText(told(this.bookings.create(body)));
    return successText(told(this.bookings.reschedule(uid, body)));
  }

  #say(response: ServerResponse, says: Misbehaviour['says'], answer: string): void {
    if (says instanceof Refusal) return refuse(response, '/v2/bookings', says);
    if (says === 'drop') return void response.destroy();
    if (says === 'silence') return;
    if (says === 'slow') return void setTimeout(() => send(response, 200, answer), SLOW_MS);
    if (says === 'garbage') return send(response, 200, `<html>${answer}</html>`);
    if (says === 'series') return send(response, 201, answer.replace('"data":{', '"data":[{').replace(/\}$/, ']}'));
    response.writeHead(200, { 'content-type': 'application/json' });
    if (says === 'half') return void response.write(answer.slice(0, answer.length / 2), () => response.destroy());
    response.write(answer.slice(0, -1));
    const more = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  }
}

function routeOf(method: string, path: string): [Operation | undefined, string] {
  const [, uid = '', verb] = /^\/v2\/bookings(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? ['', '', 'none'];
  return [operationOf(method, uid, verb), decodeURIComponent(uid)];
}

function operationOf(method: string, uid: string, verb: string | undefined): Operation | undefined {
  if (verb === undefined && method === 'GET') return uid === '' ? 'list' : 'get';
  if (verb === undefined && method === 'POST' && uid === '') return 'create';
  return method === 'POST' && (verb === 'cancel' || verb === 'reschedule') ? verb : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Seen['body']> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

const successText = (data: string): string => `{"status":"success","data":${data}}`;

function pageText({ page, total, skip }: { page: readonly Stored[]; total: number; skip: number }): string {
  const pagination = {
    totalItems: total,
    remainingItems: total - skip - page.length,
    returnedItems: page.length,
    hasNextPage: skip + page.length < total,
    hasPreviousPage: skip > 0,
  };
  return `{"status":"success","data":[${page.map(told).join()}],"pagination":${JSON.stringify(pagination)}}`;
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(text);
}

function refuse(response: ServerResponse, path: string, { status, code, message }: Refusal): void {
  const error = { code, message, details: { message, error: code, statusCode: status } };
  send(response, status, JSON.stringify({ status: 'error', timestamp: '2026-11-21T12:00:00.000Z', path, error }));
}

/** Starts one; it ends with the scope that holds it. */
export async function startCalcom(options: CalcomOptions = {}): Promise<CalcomServer & { readonly baseUrl: string }> {
  const server = new CalcomServer(options);
  const baseUrl = await server.listen();
  return Object.assign(server, { baseUrl });
}
