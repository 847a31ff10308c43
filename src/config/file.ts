import type { core } from 'zod/mini';
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
  const json = parseJson(readRequired(path, name), name);
  const [{ configSchema }, { REMEDY }] = await Promise.all([import('./schema.ts'), import('./schema-parts.ts')]);
  const parsed = configSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { place, message } = firstIssue(parsed.error.issues);
  const [what = message, remedy = 'see config.example.json'] = message.split(REMEDY);
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
  issues: readonly core.$ZodIssue[],
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
