import * as z from 'zod/mini';
import type { Context } from '../config/context.ts';
import { counted } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import type { Change, ChangeGround, ChangeKind, Planned } from './change.ts';
import { fingerprintFor } from './fingerprint.ts';

const values = z.record(z.string(), z.nullable(z.string()));

const planSchema = z.object({
  version: z.literal(1),
  change: z.string(),
  context: z.string(),
  environment: z.string(),
  database: z.string(),
  table: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  takenAt: z.string(),
  schema: z.string(),
  digest: z.string(),
  rows: z.number(),
  total: z.number(),
  counts: z.record(z.string(), z.number()),
  summary: z.array(z.string()),
  classes: z.optional(z.record(z.string(), z.number())),
  sql: z.array(z.string()),
  sample: z.array(z.object({ pk: z.string(), action: z.string(), before: values, after: values })),
  loses: z.array(z.string()),
  rollback: z.string(),
  seconds: z.number(),
  amiss: z.optional(z.literal(true)),
  notes: z.array(z.string()),
  untouched: z.optional(z.array(z.string())),
  left: z.optional(z.array(z.object({ reason: z.string(), rows: z.number(), named: z.array(z.string()) }))),
  seal: z.string(),
});

/** What a change would do to a database, to be confirmed by a person; a document that can be kept and run later. */
export interface Plan extends Planned {
  readonly version: 1;
  /** The id of the change. */
  readonly change: string;
  readonly context: string;
  readonly environment: string;
  /** Where the database is, without user and password: two plans for different places differ. */
  readonly database: string;
  readonly table: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** ISO 8601, UTC, local clock. */
  readonly takenAt: string;
  /** Fingerprint of the table's shape. */
  readonly schema: string;
  /** Over environment, database, change, parameters, shape and counts: what an approval and a confirmation are for. */
  readonly digest: string;
}

/** Whether there is nothing to do, for a person neither. */
export const isIdle = ({ rows, amiss }: Plan, change: Change): boolean =>
  rows === 0 && amiss === undefined && change.finish === undefined;

/** Where a context's database is, as a person would write it. */
export function placeOf({ target, table }: Context): string {
  const name = table.schema === undefined ? '' : ` ${table.schema}`;
  if (target.engine === 'sqlite') return `${target.path}${name}`;
  return `${target.socket ?? `${target.host}:${target.port}`}/${target.database ?? ''}${name}`;
}

/** Keys in order, so that equal values have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}

async function digestOf(plan: Omit<Plan, 'digest'>): Promise<string> {
  const { createHash } = await import('node:crypto');
  const { environment, database, table, change, parameters, schema, counts } = plan;
  const text = canonical({ environment, database, table, change, parameters, schema, counts });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** How many rows each count of a plan may differ when it runs: what a person has confirmed for a database that others write to. */
const toleranceOf = ({ tolerate }: Plan['parameters']): number =>
  typeof tolerate === 'number' && Number.isSafeInteger(tolerate) && tolerate > 0 ? tolerate : 0;

/** Whether a number of rows is one that was confirmed with a plan. */
export const isNear = (plan: Pick<Plan, 'parameters' | 'rows'>, rows: number): boolean =>
  Math.abs(plan.rows - rows) <= toleranceOf(plan.parameters);

/**
 * What the database says now, as it was agreed to in an earlier plan; undefined where it is another one. Within the plan's
 * own tolerance it goes by the digest that was seen, confirmed and approved.
 */
export async function asAgreed(seen: Plan, fresh: Plan): Promise<Plan | undefined> {
  if (fresh.digest === seen.digest) return fresh;
  const tolerance = toleranceOf(fresh.parameters);
  const names = Object.keys({ ...seen.counts, ...fresh.counts });
  const far = names.some((name) => Math.abs((seen.counts[name] ?? 0) - (fresh.counts[name] ?? 0)) > tolerance);
  const same = await digestOf({ ...fresh, counts: seen.counts });
  return far || same !== seen.digest ? undefined : { ...fresh, digest: seen.digest };
}

/** A document that is kept, with a seal over all that it says: the digest holds only what is confirmed. */
export async function sealed<Content extends object>(document: Content): Promise<Content & { readonly seal: string }> {
  const { createHash } = await import('node:crypto');
  return { ...document, seal: createHash('sha256').update(canonical(document)).digest('hex') };
}

const toleranceNote = (rows: number): readonly string[] =>
  rows === 0 ? [] : [`runs too where by then no count differs from this plan by more than ${counted(rows, 'row')}`];

/** Asks the database, by its reading session, what a change would do now. @throws Problem */
export async function planOf(kind: ChangeKind, change: Change, ground: ChangeGround): Promise<Plan> {
  const { context } = ground;
  const [planned, schema] = await Promise.all([change.plan(ground), fingerprintFor(kind, ground)]);
  const [main] = kind.tables ?? [];
  // What it takes by itself, and the rests behind its batches.
  const restful = change.throttled && change.work !== undefined;
  const plan = {
    version: 1 as const,
    change: kind.id,
    context: context.name,
    environment: context.environment,
    database: placeOf(context),
    table: main === undefined ? context.table.name : context.tables[main],
    parameters: change.parameters,
    takenAt: new Date().toISOString(),
    schema,
    ...planned,
    total: change.work === undefined ? 0 : planned.total,
    seconds: planned.seconds * (restful ? 1 + ground.writing.manners.restShare : 1),
    notes: [...planned.notes, ...toleranceNote(toleranceOf(change.parameters))],
  };
  return { ...plan, digest: await digestOf(plan) };
}

/**
 * A plan from what was kept of it.
 * @param place how messages call the file
 * @throws Problem usage, when it is none or was edited
 */
export async function readPlan(text: string, place: string): Promise<Plan> {
  const remedy = 'make it anew: apptop change plan CHANGE --out FILE';
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Problem('usage', `${place} holds no JSON`, remedy);
  }
  const result = z.safeParse(planSchema, parsed);
  if (!result.success) throw new Problem('usage', `${place} is no plan of this version`, remedy);
  const { seal, ...plan } = result.data;
  const { seal: _, ...content } = z.looseObject({}).parse(parsed);
  if ((await sealed(content)).seal !== seal || (await digestOf(plan)) !== plan.digest) {
    throw new Problem('usage', `${place} was edited after it was made`, remedy);
  }
  return plan;
}
