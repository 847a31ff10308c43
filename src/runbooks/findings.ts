import type { RunbookEntry } from '../model/runbook-run.ts';
import { type CheckEvidence, type Evidence, readEvidence } from './evidence.ts';

const read = new WeakMap<RunbookEntry, Evidence>();

/** What an entry's text holds, read once: a report asks for it in several places. */
export function evidenceOf(entry: RunbookEntry): Evidence {
  const evidence = read.get(entry) ?? readEvidence(entry.evidence);
  read.set(entry, evidence);
  return evidence;
}

/** The newest finding of a check in a run, and when it was found; undefined where nobody looked. */
export function newestFinding(
  entries: readonly RunbookEntry[],
  id: string,
): { readonly found: CheckEvidence; readonly at: number } | undefined {
  const all = entries.flatMap((entry) => {
    const found = evidenceOf(entry).checks?.find((check) => check.id === id);
    return found === undefined ? [] : [{ found, at: entry.endedAt ?? entry.beganAt }];
  });
  return all.at(-1);
}
