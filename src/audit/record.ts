import type { Context } from '../config/context.ts';
import type { Server } from '../data/connection.ts';
import { cut } from '../model/cut.ts';
import { canonicalJson, shapeOf } from './canonical.ts';
import type { AuditEvent, AuditRecord, Counts, Detail } from './event.ts';
import { type Operator, operatorOf } from './operator.ts';

/** The version of the records' shape. Fields may be added under the same version; none changes its meaning or goes. */
const VERSION = 1;

/** Characters of a text, which as JSON may be six times as many. */
const TEXT_CHARACTERS = 1_000;
/** Characters of a whole record, which lists read in full. */
const RECORD_CHARACTERS = 60_000;

const bounded = (text: string | undefined): string | undefined => text && cut(text, TEXT_CHARACTERS);

const boundedDetail = (detail: Detail): Detail => (typeof detail === 'string' ? cut(detail, TEXT_CHARACTERS) : detail);

/**
 * The record of an event.
 * @param at milliseconds since 1970 UTC
 * @param file the local file that it is announced in
 */
export function makeRecord(event: AuditEvent, context: Context, server: Server, at: number, file: string): AuditRecord {
  const details = event.details && Object.entries(event.details);
  const record = {
    version: VERSION,
    at: new Date(at).toISOString(),
    event: event.event,
    operator: operatorOf(server.user),
    context: context.name,
    environment: context.environment,
    database: server.database,
    file,
    change: bounded(event.change),
    run: event.run,
    digest: bounded(event.digest),
    reason: bounded(event.reason),
    sql: event.sql?.map((sql) => cut(shapeOf(sql), TEXT_CHARACTERS)),
    counts: event.counts,
    outcome: bounded(event.outcome),
    details: details && Object.fromEntries(details.map(([name, detail]) => [name, boundedDetail(detail)])),
  };
  if (canonicalJson(record).length <= RECORD_CHARACTERS) return record;
  return { ...record, sql: undefined, details: { left_out: 'SQL and details are too long for the record' } };
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;

const text = (fields: Fields | undefined, key: string): string | undefined => {
  const value = fields?.[key];
  return typeof value === 'string' ? value : undefined;
};
const number = (fields: Fields | undefined, key: string): number | undefined => {
  const value = fields?.[key];
  return typeof value === 'number' ? value : undefined;
};
const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;

function countsOf(value: unknown): Counts | undefined {
  const entries = Object.entries(fieldsOf(value) ?? {});
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([name, rows]) => [name, Number(rows)]));
}

function detailOf(value: unknown): Detail {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return texts(value) ?? JSON.stringify(value) ?? null;
}

function operatorIn(value: unknown): Operator {
  const fields = fieldsOf(value);
  return {
    user: text(fields, 'user') ?? '',
    login: text(fields, 'login'),
    sudoUser: text(fields, 'sudoUser'),
    sshClient: text(fields, 'sshClient'),
    host: text(fields, 'host') ?? '',
    databaseUser: text(fields, 'databaseUser'),
    pid: number(fields, 'pid') ?? 0,
  };
}

/** The record that a text holds; undefined for a text that never was one. What is odd in it is left out. */
export function readRecord(body: string): AuditRecord | undefined {
  const fields = fieldsOf(parsed(body));
  const [at, event] = [text(fields, 'at'), text(fields, 'event')];
  if (fields === undefined || at === undefined || event === undefined) return undefined;
  const details = fieldsOf(fields['details']);
  const counts = fieldsOf(fields['counts']);
  return {
    version: number(fields, 'version') ?? 0,
    at,
    event,
    operator: operatorIn(fields['operator']),
    context: text(fields, 'context') ?? '',
    environment: text(fields, 'environment') ?? '',
    database: text(fields, 'database') ?? '',
    file: text(fields, 'file') ?? '',
    change: text(fields, 'change'),
    run: number(fields, 'run'),
    digest: text(fields, 'digest'),
    reason: text(fields, 'reason'),
    sql: texts(fields['sql']),
    counts: counts && { planned: countsOf(counts['planned']), actual: countsOf(counts['actual']) },
    outcome: text(fields, 'outcome'),
    details:
      details && Object.fromEntries(Object.entries(details).map(([name, detail]) => [name, detailOf(detail)] as const)),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
