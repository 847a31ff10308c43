import { type AuditEntry, readAudit } from '../../audit/read.ts';
import { who } from '../../audit/words.ts';
import type { Context } from '../../config/context.ts';
import type { Database } from '../../data/database.ts';
import { fit, visible } from '../../model/text.ts';
import { tabbed, terminalColumns } from '../check/lines.ts';
import { type AuditOptions, EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';

/** The version of the shape of `audit list --json`. Fields may be added under the same version. */
const VERSION = 1;

/** Records of one look. */
const STRETCH = 500;

async function* pagesOf(context: Context, database: Database) {
  let after: number | undefined;
  for (;;) {
    const page = await readAudit(database, context, { limit: STRETCH, after }, { lane: 'rows' });
    yield page;
    if (page.entries.length < STRETCH) return;
    after = page.entries.at(-1)?.seq;
  }
}

/** Prints every record, the newest first. @throws Problem */
export async function list(context: Context, database: Database, { json, ascii }: AuditOptions): Promise<ExitCode> {
  const columns = terminalColumns();
  const all: AuditEntry[] = [];
  let [why, titled]: [string | undefined, boolean] = [undefined, columns === undefined];
  for await (const { entries, why: reason } of pagesOf(context, database)) {
    why ??= reason;
    if (json) {
      all.push(...entries);
      continue;
    }
    const titles = titled || entries.length === 0 ? [] : [terminalLine(TITLES, columns ?? 0, ascii)];
    titled = true;
    const lines = [...titles, ...entries.map((entry) => lineOf(entry, columns, ascii))];
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
  if (json) process.stdout.write(jsonText(document(context, database, all, why)));
  else if (why !== undefined) process.stderr.write(`apptop: ${why}\n`);
  return EXIT.healthy;
}

const document = (context: Context, database: Database, entries: readonly AuditEntry[], why: string | undefined) => ({
  version: VERSION,
  context: context.name,
  environment: context.environment,
  database: database.server?.database ?? null,
  why: why ?? null,
  // A text that is no record of apptop's is told as it is.
  records: entries.map(({ seq, hash, record, body }) => ({ seq, hash, ...(record ?? { body }) })),
});

const TITLES = ['no', 'time', 'who', 'event', 'change', 'run', 'outcome', 'reason'] as const;

const WIDTHS = [5, 20, 18, 9, 18, 4, 16] as const;
/** Between two cells. */
const GAP = 2;

function cellsOf({ seq, record, body }: AuditEntry): readonly string[] {
  if (record === undefined) return [String(seq), '', '', 'unknown', '', '', '', body];
  const { at, event, change = '', run, outcome = '', reason = '' } = record;
  return [String(seq), at, who(record.operator), event, change, run === undefined ? '' : String(run), outcome, reason];
}

function lineOf(entry: AuditEntry, columns: number | undefined, ascii: boolean): string {
  const [seq = '', at = '', ...rest] = cellsOf(entry);
  if (columns === undefined) return tabbed(seq, at, ...rest);
  // To the second, as people read it.
  return terminalLine([seq, at.replace('T', ' ').replace(/\.\d+Z$/, 'Z'), ...rest], columns, ascii);
}

/** As many cells as the terminal has room for; the last one that begins on it may be cut. */
function terminalLine(cells: readonly string[], columns: number, ascii: boolean): string {
  const fitted = cells.map((cell, index) => {
    const width = WIDTHS[index];
    return width === undefined ? visible(cell, ascii) : fit(cell, width, { ascii });
  });
  return fit(fitted.join(' '.repeat(GAP)), columns, { ascii }).trimEnd();
}
