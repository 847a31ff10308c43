import type { Following, Stretch } from '../changes/batch-work.ts';
import type { ChangeGround } from '../changes/change.ts';
import { IdColumnsWork, type IdItem } from '../changes/id-columns-work.ts';
import { type LedgerRow, type LedgerScope, lastLine, readLedgerRows } from '../data/queries/ledger-rows.ts';
import type { LedgerLine } from '../data/state/ledger.ts';
import type { IdValues } from '../data/writing.ts';
import { compare } from './compare.ts';

/** Takes back what moves made of rows, by their ledger. */
export class LedgerWork extends IdColumnsWork {
  readonly #scope: LedgerScope;

  constructor(ground: ChangeGround, scope: LedgerScope) {
    super(ground);
    this.#scope = scope;
  }

  /** One pass does it: rows that somebody changes meanwhile are left to them. */
  async end(pass: number): Promise<string | undefined> {
    if (pass > 0) return undefined;
    const { database, source, options } = this.ground;
    return lastLine(database, source, this.#scope, options);
  }

  async read(_pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<IdItem>> {
    const { database, source, options } = this.ground;
    const stretch = { after: cursor, until, limit };
    const found = await readLedgerRows(database, source, this.#scope, stretch, options);
    const byRow = rowsOf(found);
    // The last row may have more lines than were fetched.
    const whole = found.length === limit && byRow.length > 1 ? byRow.slice(0, -1) : byRow;
    const counts = { already: 0, conflicts: 0, deleted: 0 };
    const items: IdItem[] = [];
    for (const { pk, now, lines } of whole) {
      const compared = compare(lines, now);
      if (compared.kind === 'restore' && now !== undefined) {
        items.push({ kind: 'change', as: 'moved', row: { pk, from: now, to: compared.to } });
      } else if (compared.kind === 'already') counts.already += 1;
      else if (compared.kind === 'deleted') counts.deleted += 1;
      else counts.conflicts += 1;
    }
    return { cursor: whole.at(-1)?.pk, scanned: whole.length, items, counts };
  }

  following(): Following {
    return 'over';
  }
}

interface RowLines {
  readonly pk: string;
  readonly now: IdValues | undefined;
  /** Newest first. */
  readonly lines: LedgerLine[];
}

/** Lines that stand beside each other, by row. */
function rowsOf(found: readonly LedgerRow[]): readonly RowLines[] {
  const rows: RowLines[] = [];
  for (const { line, now } of found) {
    const last = rows.at(-1);
    if (last?.pk === line.pk) last.lines.unshift(line);
    else rows.push({ pk: line.pk, now, lines: [line] });
  }
  return rows;
}
