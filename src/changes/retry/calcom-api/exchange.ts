import { Agent, type IncomingHttpHeaders, request as overHttp } from 'node:http';
import { request as overHttps, Agent as TlsAgent } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { errorCode } from '../../../config/read.ts';

/** What comes of asking once. */
export type Exchange =
  /** The text is undefined when it was longer than any that makes sense; the rest was not fetched. */
  | { readonly kind: 'answer'; readonly status: number; readonly text: string | undefined }
  /** No answer in time. The status is there when it had come. */
  | { readonly kind: 'late'; readonly status: number | undefined }
  /** The connection broke, or there was none; `why` is a code of Node's: `ECONNRESET`. */
  | { readonly kind: 'broken'; readonly status: number | undefined; readonly why: string }
  | { readonly kind: 'cancelled' };

export interface Asked {
  readonly method: 'GET' | 'POST';
  /** Behind the base URL, its parts encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly largestBytes: number;
  /** Ends it early, where given. */
  readonly signal: AbortSignal | undefined;
  /** Told as soon as the answer begins. */
  readonly onHead: (status: number, headers: IncomingHttpHeaders) => void;
}

/**
 * Asks one server, again and again by the same connections. Node's own requests, as its `fetch` takes twice the CPU;
 * nor do they follow a redirect or unpack an answer, both of which a hostile server could make use of.
 */
export class Exchanger {
  readonly #secure: boolean;
  readonly #base: ReturnType<typeof urlToHttpOptions>;
  /** What every path begins with. */
  readonly #folder: string;
  readonly #agent: Agent;

  /** @param baseUrl http or https, without a slash at its end */
  constructor(baseUrl: string) {
    const url = new URL(baseUrl);
    this.#secure = url.protocol === 'https:';
    this.#base = urlToHttpOptions(url);
    this.#folder = url.pathname === '/' ? '' : url.pathname;
    this.#agent = this.#secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  ask({ method, path, headers, body }: Asked, { timeoutMs, largestBytes, signal, onHead }: Limits): Promise<Exchange> {
    return new Promise((resolve) => {
      let status: number | undefined;
      const options = {
        ...this.#base,
        path: this.#folder + path,
        method,
        headers,
        agent: this.#agent,
      };
      const request = (this.#secure ? overHttps : overHttp)(options);
      const end = (exchange: Exchange) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        resolve(exchange);
      };
      const stop = (exchange: Exchange) => {
        end(exchange);
        request.destroy();
      };
      const broken = (error?: unknown) =>
        end({ kind: 'broken', status, why: errorCode(error) ?? 'the connection broke' });
      const cancel = () => stop({ kind: 'cancelled' });
      const timer = setTimeout(() => stop({ kind: 'late', status }), timeoutMs);
      signal?.addEventListener('abort', cancel);
      request.on('error', broken).on('close', broken);
      request.on('response', (response) => {
        const code = response.statusCode ?? 0;
        status = code;
        onHead(code, response.headers);
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > largestBytes) stop({ kind: 'answer', status: code, text: undefined });
        });
        response.on('error', broken);
        response.on('end', () => end({ kind: 'answer', status: code, text: Buffer.concat(chunks).toString('utf8') }));
      });
      request.end(body);
    });
  }
}
