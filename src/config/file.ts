import type * as z from 'zod/mini';
import { Problem } from '../model/problem.ts';
import { jsonError } from './json-error.ts';
import { readRequired } from './read.ts';
import type { ConfigFile } from './schema.ts';

/**
 * A config file's content, held against the schema.
 * @param name how messages call the file
 * @throws Problem config: the first thing that is wrong, with its place in the file and what was expected
 */
export async function readConfigFile(path: string, name: string): Promise<ConfigFile> {
  const text = readRequired(path, name);
  const { configSchema } = await import('./schema.ts');
  return heldAgainst(configSchema, text, name, 'see config.example.json');
}

/**
 * A file's content, held against a schema made of `schema-parts.ts`.
 * @param name how messages call the file
 * @param example what to do about something that the schema has no words for
 * @throws Problem config: the first thing that is wrong, with its place in the file and what was expected
 */
export async function heldAgainst<Value>(
  schema: z.ZodMiniType<Value>,
  text: string,
  name: string,
  example: string,
): Promise<Value> {
  const parsed = schema.safeParse(parseJson(text, name));
  if (parsed.success) return parsed.data;
  const { REMEDY } = await import('./schema-parts.ts');
  const { place, message } = firstIssue(parsed.error.issues);
  const [what = message, remedy = example] = message.split(REMEDY);
  throw new Problem('config', `${name}: ${place === '' ? '' : `${place}: `}${what}`, remedy);
}

function parseJson(text: string, name: string): unknown {
  const content = text.replace(/^\uFEFF/, '');
  const error = jsonError(content);
  if (error === undefined) return JSON.parse(content);
  const where = `${name}: line ${error.line}, column ${error.column}`;
  throw new Problem('config', `${where}: this is no JSON`, `write ${error.expected} there`);
}

/**
 * The issue to tell: an unknown key before all others, for it is often why another one is missing; of a union the
 * issue of that branch whose type the value has.
 */
function firstIssue(
  issues: readonly z.core.$ZodIssue[],
  above: readonly PropertyKey[] = [],
): { readonly place: string; readonly message: string } {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) return { place: placeOf(above), message: 'is not valid' };
  const path = [...above, ...issue.path];
  const branch =
    issue.code === 'invalid_union'
      ? issue.errors.find((errors) => !errors.some((one) => one.code === 'invalid_type' && one.path.length === 0))
      : undefined;
  return branch === undefined ? { place: placeOf(path), message: issue.message } : firstIssue(branch, path);
}

/** `contexts.prod.connection.passwordCommand[0]`, with names that are no words in quotes. */
function placeOf(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`;
    const name = String(part);
    return /^[\w$-]+$/.test(name) ? `.${name}` : `.${JSON.stringify(name)}`;
  });
  return parts.join('').replace(/^\./, '');
}
