import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, makeFolder, readState } from '../config/state.ts';
import type { Row, Statement } from '../data/connection.ts';
import type { Evidence } from './evidence.ts';

/** The evidence of one result. */
export interface Kept extends Evidence {
  /** Of the check. */
  readonly id: string;
  /** When the result was found, in milliseconds since 1970 UTC. */
  readonly at: number;
}

/** Milliseconds after which a file that no result names is nobody's: its writer names it at once. */
const NOBODYS_MS = 60_000;

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((cell) => cell === null || typeof cell === 'string');

const isStatement = (value: unknown): value is Statement =>
  typeof value === 'object' &&
  value !== null &&
  'sql' in value &&
  typeof value.sql === 'string' &&
  'parameters' in value &&
  Array.isArray(value.parameters);

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string' &&
  'at' in value &&
  typeof value.at === 'number' &&
  'sample' in value &&
  Array.isArray(value.sample) &&
  value.sample.every(isRow) &&
  'statements' in value &&
  Array.isArray(value.statements) &&
  value.statements.every(isStatement);

/** Names that were given here. */
let given = 0;
const isName = (name: string): boolean => /^[\d-]+\.json$/.test(name);

/**
 * A folder with the rows and the SQL of results. Those that are found together share a file: on ext4 one for each of 67
 * checks takes 14 ms, one for all 1 ms. No file is written twice.
 */
export class EvidenceFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the name of the file; undefined where nothing can be written */
  write(kept: readonly Kept[]): string | undefined {
    given += 1;
    const name = `${Date.now()}-${process.pid}-${given}.json`;
    return attempt(() => {
      makeFolder(this.#folder);
      writeFileSync(join(this.#folder, name), JSON.stringify(kept), { mode: 0o600, flag: 'wx' });
      return name;
    });
  }

  /** What a file holds of a check's result at some time; undefined where it is gone or damaged. */
  read(name: string, id: string, at: number): Kept | undefined {
    if (!isName(name)) return undefined;
    try {
      const all: unknown = JSON.parse(readState(join(this.#folder, name)) ?? 'null');
      return Array.isArray(all) ? all.filter(isKept).find((kept) => kept.id === id && kept.at === at) : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Removes what no result names any more. */
  tidy(named: ReadonlySet<string | undefined>): void {
    for (const name of attempt(() => readdirSync(this.#folder)) ?? []) {
      if (named.has(name) || !isName(name)) continue;
      attempt(() => {
        const file = join(this.#folder, name);
        if (Date.now() - statSync(file).mtimeMs > NOBODYS_MS) rmSync(file);
      });
    }
  }
}
