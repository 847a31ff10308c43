import { statSync } from 'node:fs';
import { attempt, writeState } from '../config/state.ts';
import type { CheckResult } from './check.ts';
import { boundedEvidence, type Evidence } from './evidence.ts';
import { EvidenceFiles } from './evidence-files.ts';
import { newest, type Remembered, readRemembered, remember } from './remembered.ts';

export type { Remembered } from './remembered.ts';

/**
 * The results of one database's checks, kept across restarts in a JSON file of the state folder, with their rows and SQL
 * in a folder beside it: who asks how checks stand need not read those. Another process may write the same file: each
 * write takes over what it finds there. A folder that can't be written costs the memory of other sessions only.
 */
export class Results {
  readonly #file: string | undefined;
  readonly #files: EvidenceFiles | undefined;
  #known: Map<string, Remembered>;
  /** By check id, of the result at that time; undefined where it was looked for in vain. */
  readonly #evidence = new Map<string, { readonly at: number; readonly evidence: Evidence | undefined }>();
  /** The file as it was last read or written here. */
  #stamp: string | undefined;
  readonly #listeners = new Set<() => void>();

  /** @param file undefined keeps them in memory only */
  constructor(file: string | undefined) {
    this.#file = file;
    this.#files = file === undefined ? undefined : new EvidenceFiles(`${file.replace(/\.json$/, '')}.rows`);
    this.#stamp = stampOf(file);
    this.#known = file === undefined ? new Map() : readRemembered(file);
  }

  /** By check id; the same map until the next result. */
  get known(): ReadonlyMap<string, Remembered> {
    return this.#known;
  }

  /**
   * The rows and the SQL of the known result of a check, the same object until the next one; undefined where there is
   * none, and where its file is gone, damaged or of an earlier version.
   */
  evidenceOf(id: string): Evidence | undefined {
    const { at, evidence: file } = this.#known.get(id) ?? {};
    if (at === undefined) return undefined;
    const last = this.#evidence.get(id);
    if (last?.at === at) return last.evidence;
    const evidence = file === undefined ? undefined : this.#files?.read(file, id, at);
    this.#evidence.set(id, { at, evidence });
    return evidence;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(results: readonly CheckResult[]): void {
    const kept = results.map((result) => ({ id: result.check.id, at: result.at, ...boundedEvidence(result) }));
    for (const evidence of kept) this.#evidence.set(evidence.id, { at: evidence.at, evidence });
    const file = kept.length === 0 ? undefined : this.#files?.write(kept);
    const known = this.#file === undefined ? new Map(this.#known) : newest(this.#known, readRemembered(this.#file));
    for (const result of results) known.set(result.check.id, remember(result, known.get(result.check.id), file));
    this.#known = known;
    if (this.#file !== undefined) writeState(this.#file, JSON.stringify(Object.fromEntries(known)));
    this.#files?.tidy(new Set([...known.values()].map(({ evidence }) => evidence)));
    this.#stamp = stampOf(this.#file);
    for (const listener of this.#listeners) listener();
  }

  /** Takes over what another process has found meanwhile. */
  reread(): void {
    const stamp = stampOf(this.#file);
    if (this.#file === undefined || stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#known = newest(this.#known, readRemembered(this.#file));
    for (const listener of this.#listeners) listener();
  }
}

/** Each write makes a new file: two within the 4 ms of a file system's clock differ in their inodes. */
function stampOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  return attempt(() => {
    const { ino, mtimeMs } = statSync(file);
    return `${ino} ${mtimeMs}`;
  });
}
