import type { Database } from 'better-sqlite3';
import { SECOND, timestamp } from './row.ts';

/** What a sync job does in Cal.com. */
export type SyncAction = 'create' | 'cancel' | 'reschedule';

const SYNC_JOB = 'App\\Jobs\\SyncAppointmentToCalcomJob';
const LISTENER = 'App\\Listeners\\Appointments\\SyncToCalcomOnCancelled';
const QUEUE = 'calcom-sync';

/** The body of a job in Laravel's tables, about one appointment. */
export interface Payload {
  readonly uuid: string;
  readonly appointmentId: string;
  readonly action: SyncAction;
}

const TRACE = 'in /var/www/app/Jobs/SyncAppointmentToCalcomJob.php:187\nStack trace:\n#0 {main}';

const exceptionOf = (message: string) => `RuntimeException: ${message} ${TRACE}`;

/** A row of `jobs`. */
export interface Job {
  readonly id: number;
  readonly payload: string;
  readonly attempts: number;
}

/** As PHP's serialize() writes it. */
export const phpString = (value: string) => `s:${Buffer.byteLength(value)}:"${value}";`;
/** The same for an object of a class; each property is its name and its value. */
export const phpObject = (name: string, properties: readonly string[]) =>
  `O:${Buffer.byteLength(name)}:"${name}":${properties.length}:{${properties.join('')}}`;

/** What a job keeps of a model. @param id as PHP writes it: `i:5;` */
export function modelIdentifier(id: string, model = 'App\\Models\\Appointment'): string {
  return phpObject('Illuminate\\Contracts\\Database\\ModelIdentifier', [
    `${phpString('class')}${phpString(model)}`,
    `${phpString('id')}${id}`,
    `${phpString('relations')}a:0:{}`,
    `${phpString('connection')}${phpString('sqlite')}`,
    `${phpString('collectionClass')}N;`,
  ]);
}

/** The payload around a command. */
export function envelope(uuid: string, displayName: string, commandName: string, command: string): string {
  return JSON.stringify({
    uuid,
    displayName,
    job: 'Illuminate\\Queue\\CallQueuedHandler@call',
    maxTries: 3,
    maxExceptions: null,
    failOnTimeout: false,
    backoff: '1,5,30',
    timeout: null,
    retryUntil: null,
    data: { commandName, command },
  });
}

function syncPayload({ uuid, appointmentId, action }: Payload): string {
  const properties = [
    // PHP writes a protected property's name between NULs.
    `${phpString('\0*\0appointment')}${modelIdentifier(`i:${appointmentId};`)}`,
    `${phpString('\0*\0action')}${phpString(action)}`,
  ];
  return envelope(uuid, SYNC_JOB, SYNC_JOB, phpObject(SYNC_JOB, properties));
}

/** A queued listener, with the appointment inside its event. */
function listenerPayload({ uuid, appointmentId }: Payload): string {
  const wrapper = 'Illuminate\\Events\\CallQueuedListener';
  const event = phpObject('App\\Events\\Appointments\\AppointmentCancelled', [
    `${phpString('appointment')}${modelIdentifier(`i:${appointmentId};`)}`,
  ]);
  const properties = [
    `${phpString('class')}${phpString(LISTENER)}`,
    `${phpString('method')}${phpString('handle')}`,
    `${phpString('data')}a:1:{i:0;${event}}`,
  ];
  return envelope(uuid, LISTENER, wrapper, phpObject(wrapper, properties));
}

/** The job that `syncPayload` or `listenerPayload` wrote; the listener hears of cancellations. */
export function parsePayload(payload: string): Payload | undefined {
  const uuid = /^\{"uuid":"([^"]+)"/.exec(payload)?.[1];
  const appointmentId = /ModelIdentifier[^{]*\{.*?\\"id\\";i:(\d+);/.exec(payload)?.[1];
  const said = (['create', 'cancel', 'reschedule'] as const).find((each) => payload.includes(`:\\"${each}\\";}`));
  const action = said ?? (payload.includes('AppointmentCancelled') ? 'cancel' : undefined);
  if (uuid === undefined || appointmentId === undefined || action === undefined) return undefined;
  return { uuid, appointmentId, action };
}

/** Laravel's queue tables in the demo database. Times are milliseconds since 1970. */
export function queueOf(database: Database) {
  const insert = database.prepare(
    'INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES (?, ?, 0, ?, ?)',
  );
  const due = database.prepare<[number], Job>(
    'SELECT id, payload, attempts FROM jobs WHERE available_at <= ? ORDER BY available_at, id',
  );
  const update = database.prepare('UPDATE jobs SET attempts = ?, available_at = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM jobs WHERE id = ?');
  const insertFailure = database.prepare(
    "INSERT INTO failed_jobs (uuid, connection, queue, payload, exception, failed_at) VALUES (?, 'database', ?, ?, ?, ?)",
  );
  const removeFailure = database.prepare('DELETE FROM failed_jobs WHERE uuid = ?');
  const seconds = (ms: number) => Math.floor(ms / SECOND);

  return {
    /** Queues a sync that a worker may take from `availableAt` on. */
    push(payload: Payload, availableAt: number, now: number): void {
      insert.run(QUEUE, syncPayload(payload), seconds(availableAt), seconds(now));
    },
    /** Jobs that a worker may take now. */
    due: (now: number): readonly Job[] => due.all(seconds(now)),
    /** Puts a job back after an attempt. */
    release(job: Job, attempts: number, availableAt: number): void {
      update.run(attempts, seconds(availableAt), job.id);
    },
    remove(job: Job): void {
      remove.run(job.id);
    },
    /** Files a job that has used up its attempts, with its payload as it is. */
    bury(job: Job, { uuid }: Payload, message: string, failedAt: number): void {
      remove.run(job.id);
      insertFailure.run(uuid, QUEUE, job.payload, exceptionOf(message), timestamp(failedAt));
    },
    /** Files a job that failed long ago. */
    fail(payload: Payload, message: string, failedAt: number, kind: 'job' | 'listener' = 'job'): void {
      const body = kind === 'job' ? syncPayload(payload) : listenerPayload(payload);
      insertFailure.run(payload.uuid, QUEUE, body, exceptionOf(message), timestamp(failedAt));
    },
    /** Forgets a failed job, as a retry by hand does. */
    forget(uuid: string): void {
      removeFailure.run(uuid);
    },
  };
}
