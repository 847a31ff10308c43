import { dereferenced, type PhpObject, type PhpValue, parsePhp, phpText, propertyNamed } from './php-serialized.ts';

/** What a job's payload says about it. */
export interface JobFacts {
  readonly uuid: string | undefined;
  /** As Laravel shows it. */
  readonly displayName: string | undefined;
  /** What runs: for a queued listener, event, mail or notification its own class, not the one that wraps it. */
  readonly class: string | undefined;
  /** Primary keys of the appointments that it is about, each once, those of the jobs chained to it too. */
  readonly appointmentIds: readonly string[];
  /** Whether that is all of them: of a command that can't be read nobody knows. */
  readonly readable: boolean;
  /** Why it must not be put into the queue by SQL, in words; undefined where nothing is in the way. */
  readonly refusal: string | undefined;
}

/** A row of `failed_jobs`. */
export interface FailedJob {
  readonly id: string;
  /** null where the table has no such column, as before Laravel 8. */
  readonly uuid: string | null;
  /** The queue connection by its name in the application: `database`, `redis`. */
  readonly connection: string;
  readonly queue: string;
  /** UTC, as the database writes it. */
  readonly failedAt: string | null;
  readonly payloadBytes: number;
  /** Of the payload, as the database counts it: equal as long as nobody changes a byte. */
  readonly digest: string;
  readonly job: JobFacts;
}

/** Why a job stays where it is, and what to run instead. */
export interface Refusal {
  readonly reason: string;
  /** To be run in the folder of the application. */
  readonly command: string;
}

/** A larger payload is not read. Laravel's have about 1 kB. */
export const MOST_PAYLOAD_BYTES = 8 * 1024 * 1024;

const LISTENER = 'Illuminate\\Events\\CallQueuedListener';
const MODEL_IDENTIFIER = 'Illuminate\\Contracts\\Database\\ModelIdentifier';

/** Laravel's own commands around something of the application's, and the property that holds it or its class. */
const WRAPPERS: ReadonlyMap<string, string> = new Map([
  [LISTENER, 'class'],
  ['Illuminate\\Broadcasting\\BroadcastEvent', 'event'],
  ['Illuminate\\Mail\\SendQueuedMailable', 'mailable'],
  ['Illuminate\\Notifications\\SendQueuedNotifications', 'notification'],
]);

/**
 * Whether Laravel keeps there what it has serialized before: the jobs of a chain, the event of a listener, a closure under
 * its signature. Any other text may be a person's, whatever it looks like.
 */
const isSerialized = ({ class: name }: PhpObject, property: string): boolean =>
  property === 'chained' ||
  (property === 'data' && name === LISTENER) ||
  (property === 'serializable' && name.startsWith('Laravel\\SerializableClosure\\'));

/** Of what is serialized inside serialized: a chain's closure is the third. */
const DEEPEST_TEXT = 5;

/** As Laravel writes them: nothing in it is escaped in JSON, or means anything to a shell. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const NOTHING: JobFacts = {
  uuid: undefined,
  displayName: undefined,
  class: undefined,
  appointmentIds: [],
  readable: true,
  refusal: undefined,
};

/** A job that is not read, and why. */
export const unread = (refusal: string): JobFacts => ({ ...NOTHING, readable: false, refusal });

/**
 * Reads the payload of a job in Laravel's tables `jobs` and `failed_jobs`, of Laravel 5.5 to 13. Nothing in it is run or
 * made; whatever is wrong with it is told in `refusal`.
 * @param appointmentClass the model of the appointments; by default each class named `Appointment` in whatever namespace
 */
export function readJob(payload: string, appointmentClass?: string): JobFacts {
  const body = parseJson(payload);
  if (!isRecord(body)) {
    return unread(payload.startsWith('{') ? 'its payload is cut off or broken JSON' : 'its payload is no JSON object');
  }
  const data = isRecord(body['data']) ? body['data'] : {};
  const facts: JobFacts = {
    ...NOTHING,
    uuid: text(body['uuid']),
    displayName: text(body['displayName']),
    class: text(data['commandName']) ?? text(body['displayName']) ?? text(body['job']),
    refusal: refusalOfBody(body),
  };
  const command = data['command'];
  // A job that names a class and a method, with plain data.
  if (command === undefined || command === null) return facts;
  const read = readCommand(command, appointmentClass);
  return { ...facts, ...read, refusal: facts.refusal ?? read.refusal };
}

function refusalOfBody(body: Readonly<Record<string, unknown>>): string | undefined {
  const uuid = body['uuid'];
  if (uuid === undefined || uuid === null) return 'its payload has no uuid';
  if (typeof uuid !== 'string' || !isUuid(uuid)) return 'its payload has a uuid that Laravel does not write';
  // Until Laravel 7 it was called timeoutAt.
  if (isSet(body['retryUntil']) || isSet(body['timeoutAt'])) {
    return 'it may be tried until a moment only (retryUntil), which the application has to set anew';
  }
  if (isSet(body['attempts']) && body['attempts'] !== 0)
    return 'its payload counts the attempts, which Laravel sets to 0';
  return undefined;
}

type Command = Partial<Pick<JobFacts, 'class' | 'appointmentIds' | 'readable' | 'refusal'>>;

const closed = (refusal: string): Command => ({ readable: false, refusal });

function readCommand(command: unknown, appointmentClass: string | undefined): Command {
  if (typeof command !== 'string') return closed('its command is no text');
  if (!command.startsWith('O:')) return closed('its command is encrypted: only the application can read it');
  const parsed = parsePhp(Buffer.from(command, 'utf8'));
  if (!parsed.ok) return closed(`its command can't be read: ${parsed.error}`);
  const appointmentIds = identifiedBy(parsed.value, isAppointment(appointmentClass));
  return parsed.value.type === 'object' ? { class: ranBy(parsed.value), appointmentIds } : { appointmentIds };
}

function ranBy(command: PhpObject): string {
  const held = WRAPPERS.get(command.class);
  const inner = held === undefined ? undefined : propertyNamed(command, held);
  return (inner?.type === 'object' ? inner.class : phpText(inner)) ?? command.class;
}

function isAppointment(wanted: string | undefined): (name: string) => boolean {
  if (wanted === undefined) return (name) => name.split('\\').at(-1) === 'Appointment';
  const bare = wanted.replace(/^\\/, '');
  return (name) => name === bare;
}

/** Keys of the models of a class that a value names anywhere inside it. */
function identifiedBy(root: PhpValue, isWanted: (name: string) => boolean): readonly string[] {
  const ids = new Set<string>();
  const waiting = [{ value: root, textDepth: 0, serialized: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, textDepth, serialized } = next;
    if (value.type === 'array') {
      // Backwards, as the last one is taken first.
      for (const entry of value.entries.toReversed()) waiting.push({ value: entry.value, textDepth, serialized });
    } else if (value.type === 'object') {
      if (value.class === MODEL_IDENTIFIER) {
        if (isWanted(phpText(propertyNamed(value, 'class')) ?? '')) addIds(ids, propertyNamed(value, 'id'));
        continue;
      }
      for (const property of value.properties.toReversed()) {
        waiting.push({ value: property.value, textDepth, serialized: isSerialized(value, property.name) });
      }
    } else if ((value.type === 'string' && serialized) || value.type === 'custom') {
      const inner = textDepth < DEEPEST_TEXT ? parsePhp(value.bytes) : undefined;
      if (inner?.ok) waiting.push({ value: inner.value, textDepth: textDepth + 1, serialized: false });
    }
  }
  return [...ids];
}

/** One key, or the keys of a collection. */
function addIds(ids: Set<string>, value: PhpValue | undefined): void {
  const values = value?.type === 'array' ? value.entries.map((entry) => dereferenced(entry.value)) : [value];
  for (const each of values) {
    const id = phpText(each);
    if (id !== undefined && id !== '') ids.add(id);
  }
}

/**
 * Why a failed job must not be put back into the queue by SQL, and the command of Laravel's that does it; undefined
 * where it may.
 * @param connections the queue connections of the application that keep their jobs in this database
 */
export function refusalOf(failed: FailedJob, connections: readonly string[] = ['database']): Refusal | undefined {
  const { id, uuid, connection, queue, job } = failed;
  const reason = (): string | undefined => {
    if (uuid === null) return 'its row has no uuid, as before Laravel 8';
    if (!connections.includes(connection)) return `it came from the connection "${connection}", not from this database`;
    // For Laravel neither is the name of a queue: it would take the default of its configuration.
    if (queue === '' || queue === '0') return 'its row names no queue';
    if (job.refusal !== undefined) return job.refusal;
    return job.uuid === uuid ? undefined : 'its payload has another uuid than its row';
  };
  const found = reason();
  if (found === undefined) return undefined;
  // What else stands there is not for a shell.
  const named = uuid === null ? (/^\d+$/.test(id) ? id : undefined) : isUuid(uuid) ? uuid : undefined;
  const command = named === undefined ? 'php artisan queue:failed' : `php artisan queue:retry ${named}`;
  return { reason: found, command };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
