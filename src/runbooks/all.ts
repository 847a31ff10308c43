import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../config/context.ts';
import { errorCode, readRequired } from '../config/read.ts';
import { here, shown } from '../config/surroundings.ts';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import { type Runbook, readRunbook } from './runbook.ts';

/** The built-in ones, in the order in which people read them. */
const BUILT_IN: Readonly<Record<string, () => Promise<{ readonly default: object }>>> = {
  'booking-ids': () => import('./built-in/booking-ids.json', { with: { type: 'json' } }),
  'calendar-schema': () => import('./built-in/calendar-schema.json', { with: { type: 'json' } }),
  'event-correlation': () => import('./built-in/event-correlation.json', { with: { type: 'json' } }),
  'schema-hotfix': () => import('./built-in/schema-hotfix.json', { with: { type: 'json' } }),
  'sync-rollout': () => import('./built-in/sync-rollout.json', { with: { type: 'json' } }),
};

/** The ids of the built-in runbooks. */
export const BUILT_IN_RUNBOOKS: readonly string[] = Object.keys(BUILT_IN);

/** A runbook that there is, or why its file is none. */
export type FoundRunbook =
  | { readonly id: string; readonly runbook: Runbook }
  | { readonly id: string; readonly problem: Problem };

async function builtIn(id: string): Promise<Runbook> {
  const load = BUILT_IN[id];
  if (load === undefined) throw new Error(`there is no built-in runbook ${id}`);
  return readRunbook(JSON.stringify((await load()).default), `built-in/${id}.json`, process.cwd());
}

/** Reads one file. @throws Problem config */
async function runbookIn(path: string): Promise<Runbook> {
  const file = resolve(path);
  const place = shown(file, here());
  if (/\.ya?ml$/i.test(file)) {
    throw new Problem('config', `${place} is YAML`, 'write it as JSON: runbook.schema.json says how');
  }
  return readRunbook(readRequired(file, place), place, dirname(file));
}

function filesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.(json|ya?ml)$/i.test(name));
    return names.toSorted().map((name) => join(folder, name));
  } catch (error) {
    const code = errorCode(error) ?? 'unknown';
    throw new Problem('config', `the folder of runbooks ${folder} can't be read (${code})`, 'check runbooks.folder');
  }
}

/**
 * Every runbook that a context has: the built-in ones, those in the folder that the config names, and a file. One with
 * the id of a built-in one takes its place.
 * @param file the path of one that a person names
 * @throws Problem config, for that file, and where the folder can't be read
 */
export async function runbooksOf(
  { runbooks: { folder } }: Pick<Context, 'runbooks'>,
  file: string | undefined,
): Promise<readonly FoundRunbook[]> {
  const found = new Map<string, FoundRunbook>();
  for (const id of BUILT_IN_RUNBOOKS) found.set(id, { id, runbook: await builtIn(id) });
  const own = new Map<string, string>();
  for (const path of folder === undefined ? [] : filesIn(folder)) {
    try {
      const runbook = await runbookIn(path);
      const twin = own.get(runbook.id);
      if (twin !== undefined) {
        throw new Problem('config', `${twin} is the runbook ${runbook.id} already`, 'give one of the two another id');
      }
      own.set(runbook.id, shown(path, here()));
      found.set(runbook.id, { id: runbook.id, runbook });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      found.set(path, { id: shown(path, here()), problem: error });
    }
  }
  if (file !== undefined) {
    const runbook = await runbookIn(file);
    found.set(runbook.id, { id: runbook.id, runbook });
  }
  return [...found.values()];
}

/** @throws Problem usage, naming the nearest; config, where its file is wrong */
export function runbookNamed(found: readonly FoundRunbook[], id: string): Runbook {
  const one = found.find((candidate) => candidate.id === id);
  if (one === undefined) {
    const ids = found.map((candidate) => candidate.id);
    const near = nearest(id, ids);
    const remedy =
      near === undefined ? `there are ${ids.join(', ')}; --file FILE reads another one` : `did you mean ${near}?`;
    throw new Problem('usage', `there is no runbook "${id}"`, remedy);
  }
  if ('problem' in one) throw one.problem;
  return one.runbook;
}
