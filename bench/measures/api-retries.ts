import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Appointment } from '../../src/changes/retry/calcom-api/appointment.ts';
import { retryBookings } from '../../src/changes/retry/calcom-api/batch.ts';
import { CalcomClient } from '../../src/changes/retry/calcom-api/client.ts';
import type { CalcomApi } from '../../src/config/retry.ts';
import type { CalcomOptions } from '../../tests/calcom/server.ts';
import type { Said, Told } from '../support/calcom-process.ts';
import { atMost, type Measure, timesAtLeast } from '../support/figure.ts';
import { median } from '../support/statistics.ts';

const RETRIES = 1_000;
const PARALLEL = 10;
const ROUNDS = 5;
/** Requests that a window of the slow server allows, and retries that go through three windows of it. */
const LIMIT = 200;
const WINDOW_MS = 2_000;
const LIMITED_RETRIES = 250;

const FIRST_START = Date.UTC(2026, 10, 21, 8);

/** Cal.com on this machine, in a process of its own. */
class Server {
  readonly #process: ChildProcess = fork(join(import.meta.dirname, '..', 'support', 'calcom-process.ts'));

  async #tell(told: Told): Promise<Said> {
    this.#process.send(told);
    const [said]: readonly Said[] = await once(this.#process, 'message');
    if (said === undefined) throw new Error('the server said nothing');
    return said;
  }

  /** A fresh one, and how it is asked. */
  async start(options: CalcomOptions): Promise<CalcomApi> {
    const said = await this.#tell({ start: options });
    if (!('baseUrl' in said)) throw new Error('the server did not start');
    return { apiKey: said.key, baseUrl: said.baseUrl, parallel: PARALLEL, timeoutMs: 10_000, sql: 'SELECT 1' };
  }

  async counted(): Promise<Extract<Said, { readonly most: number }>> {
    const said = await this.#tell('count');
    if (!('most' in said)) throw new Error('the server did not count');
    return said;
  }

  end(): void {
    this.#process.disconnect();
  }
}

const emailOf = (n: number): string => `person${n}@example.com`;

function* appointments(count: number): Generator<Appointment> {
  for (let n = 1; n <= count; n++) {
    yield {
      pk: String(n),
      origin: 'admin',
      status: 'confirmed',
      deleted: false,
      start: FIRST_START + n * 3_600_000,
      v1Id: undefined,
      uid: undefined,
      unclearIds: false,
      details: {
        eventTypeId: '77',
        name: 'Ada',
        email: emailOf(n),
        phone: null,
        timeZone: 'Europe/Berlin',
        language: 'de',
        lengthMinutes: null,
      },
    };
  }
}

/** Seconds of so many retries. */
async function ownSeconds(api: CalcomApi, count: number): Promise<number> {
  const { signal } = new AbortController();
  const began = performance.now();
  let succeeded = 0;
  for await (const { result } of retryBookings(new CalcomClient(api), appointments(count), {
    signal,
    parallel: PARALLEL,
  })) {
    if (result.kind === 'succeeded') succeeded += 1;
  }
  if (succeeded !== count) throw new Error(`${succeeded} of ${count} retries succeeded`);
  return (performance.now() - began) / 1000;
}

/** Seconds of the same requests by Node's fetch alone, which reads the answers and looks at nothing. */
async function bareSeconds({ apiKey, baseUrl }: CalcomApi, count: number): Promise<number> {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'cal-api-version': '2024-08-13',
    'content-type': 'application/json',
  };
  const began = performance.now();
  let next = 1;
  const sender = async () => {
    for (let n = next++; n <= count; n = next++) {
      const query = new URLSearchParams({ sortCreated: 'desc', take: '250', skip: '0', attendeeEmail: emailOf(n) });
      const listed = await fetch(`${baseUrl}/bookings?${query.toString()}`, { headers });
      await listed.json();
      const body = JSON.stringify({
        start: new Date(FIRST_START + n * 3_600_000).toISOString(),
        eventTypeId: 77,
        attendee: { name: 'Ada', timeZone: 'Europe/Berlin', email: emailOf(n), language: 'de' },
        metadata: { crm_appointment_id: String(n) },
      });
      const made = await fetch(`${baseUrl}/bookings`, { method: 'POST', headers, body });
      await made.json();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, sender));
  return (performance.now() - began) / 1000;
}

export const apiRetriesMeasure: Measure = {
  name: 'api-retries',
  title: 'retries by the API of Cal.com, against a bare HTTP client that sends the same requests',
  async run() {
    const server = new Server();
    try {
      const [own, bare]: [number[], number[]] = [[], []];
      for (let round = 0; round <= ROUNDS; round++) {
        const ownRate = RETRIES / (await ownSeconds(await server.start({}), RETRIES));
        const bareRate = RETRIES / (await bareSeconds(await server.start({}), RETRIES));
        // The first round compiles what the others run.
        if (round === 0) continue;
        own.push(ownRate);
        bare.push(bareRate);
      }
      await ownSeconds(await server.start({ limit: LIMIT, windowMs: WINDOW_MS }), LIMITED_RETRIES);
      const { most, refused } = await server.counted();
      const limited = `with a limit of ${LIMIT} in ${WINDOW_MS / 1000} s, `;
      return [
        timesAtLeast(0.9, {
          subject: `${RETRIES.toLocaleString('en')} retries, ${PARALLEL} at the same time`,
          unit: 'rows/s',
          value: median(own),
          reference: { name: 'bare client', value: median(bare) },
        }),
        atMost(LIMIT, { subject: `${limited}in the fullest window`, unit: 'requests', value: most }),
        atMost(0, { subject: `${limited}refused`, unit: 'requests', value: refused }),
      ];
    } finally {
      server.end();
    }
  },
};
