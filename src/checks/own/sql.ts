import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sql } from 'kysely';
import type { Row } from '../../data/connection.ts';
import { Problem } from '../../model/problem.ts';
import type { Check, Finding, Ground } from '../check.ts';
import { SAMPLE_ROWS } from '../ground.ts';
import { readSqlFile, type SqlFile } from './sql-file.ts';

/** Characters of a value in the sample: a user's SELECT may return anything. */
const SAMPLED_CHARACTERS = 1_000;

/**
 * Counts what the statement returns and fetches the first rows. The names of its columns are known only from a first
 * row; the others then come cut short by the server.
 */
async function violationsOf(file: SqlFile, ground: Ground): Promise<Finding> {
  // On lines of its own: the statement may end in a comment.
  const rows = sql`(\n${sql.raw(file.sql)}\n) AS violating`;
  const [counted] = await ground.query(sql`SELECT COUNT(*) AS violations FROM ${rows}`);
  const violations = Number(counted?.['violations']);
  if (violations === 0) return { violations, sample: [] };
  const [first] = await ground.query(sql`SELECT * FROM ${rows} LIMIT 1`);
  const columns = Object.keys(first ?? {}).map(
    (name) => sql`${ground.dialect.shortText(sql.id(name), SAMPLED_CHARACTERS)} AS ${sql.id(name)}`,
  );
  const sample: readonly Row[] = await ground.query(
    sql`SELECT ${sql.join(columns)} FROM ${rows} LIMIT ${sql.lit(SAMPLE_ROWS)}`,
  );
  return { violations, sample };
}

function checkOf(file: SqlFile): Check {
  return {
    id: file.id,
    title: file.title,
    system: 'own',
    phases: file.phases,
    severity: file.severity,
    reason: file.reason ?? `${basename(file.path)} says so`,
    remedy: file.remedy ?? `look at the rows, and at ${file.path}`,
    // Nobody knows what it reads.
    scans: 'unknown',
    look: async (ground) => {
      try {
        return await violationsOf(file, ground);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const twice = /ambiguous|duplicate column/i.test(error.message);
        const remedy = twice ? 'give each column of the SELECT a name of its own, with AS' : error.remedy;
        throw new Problem(error.kind, `${file.path}: ${error.message}`, remedy);
      }
    },
  };
}

/** A check that only says what is wrong with its file: the others go on. */
function broken(path: string, problem: Problem): Check {
  return {
    id: `own/${basename(path).replace(/\.sql$/, '')}`,
    title: `${basename(path)} can be run`,
    system: 'own',
    phases: ['pre', 'post', 'verify', 'monitor'],
    severity: 'error',
    reason: 'a check that never runs never finds anything',
    remedy: problem.remedy,
    lookOutside: () => Promise.reject(problem),
  };
}

function filesIn(folder: string): readonly string[] | Problem {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return new Problem(
      'config',
      `the folder of checks ${folder} can't be read`,
      'set checks.folder to a folder that is there',
    );
  }
}

/** The checks of a folder of `.sql` files, one for each file; a mistake in one is that check's own outcome. */
export function sqlChecks(folder: string): readonly Check[] {
  const files = filesIn(folder);
  if (files instanceof Problem) return [broken(folder, files)];
  const seen = new Map<string, string>();
  return files.map((path) => {
    try {
      const file = readSqlFile(path);
      const other = seen.get(file.id);
      if (other !== undefined) {
        throw new Problem(
          'config',
          `${path}: the id "${file.id}" is also that of ${other}`,
          'give each check an id of its own',
        );
      }
      seen.set(file.id, path);
      return checkOf(file);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return broken(path, error);
    }
  });
}
