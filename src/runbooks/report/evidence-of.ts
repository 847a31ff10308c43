import type { RunbookEntry } from '../../model/runbook-run.ts';
import { type Evidence, readEvidence } from '../evidence.ts';

const read = new WeakMap<RunbookEntry, Evidence>();

/** What an entry's text holds, read once: a report asks for it in several places. */
export function evidenceOf(entry: RunbookEntry): Evidence {
  const evidence = read.get(entry) ?? readEvidence(entry.evidence);
  read.set(entry, evidence);
  return evidence;
}
