import { keptOf } from '../../changes/review/kept.ts';
import { countRows, readRows, sourceOf } from '../../data/queries/read-rows.ts';
import type { AppointmentRow, RowsFilter, RowsQuery } from '../../data/queries/rows.ts';
import { count, counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { KeptOutcome } from '../../model/review.ts';
import { causeOf } from '../../model/sync.ts';
import { documentOf } from '../change/documents.ts';
import { aligned } from '../change/layout.ts';
import { print, type Session } from '../change/session.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { LISTED } from './chosen.ts';

/** Rows of a list where nobody said. */
const LIMIT = 100;

const TITLES = ['row', 'flagged', 'origin', 'status', 'tries', 'code', 'likely cause', 'operators', 'message'] as const;

/** What operators did last about a row: `taken by ada@host`, `queued in run 7`. */
function did(kept: readonly KeptOutcome[]): string {
  const [newest] = kept;
  if (newest === undefined) return '';
  const { outcome, run, operator, detail } = newest;
  if (outcome === 'taken') return `taken by ${operator}`;
  return outcome === 'noted' ? `noted: ${detail ?? ''}` : `${outcome} in run ${run}`;
}

function cellsOf({ pk, values }: AppointmentRow, kept: readonly KeptOutcome[]): readonly string[] {
  const [code, message] = [values['sync_error_code'] ?? null, values['sync_error_message'] ?? null];
  return [
    pk,
    values['manual_review_flagged_at'] ?? '',
    values['sync_origin'] ?? '',
    values['calcom_sync_status'] ?? '',
    values['sync_attempt_count'] ?? '',
    code ?? '',
    causeOf(code, message)?.cause ?? '',
    did(kept),
    (message ?? '').split('\n')[0] ?? '',
  ];
}

/** Prints the queue, the newest first. @throws Problem */
export async function listReview(session: Session, filter: RowsFilter, limit = LIMIT): Promise<ExitCode> {
  const { context, database, interruption, json, layout } = session;
  const options = { lane: 'rows', signal: interruption.signal } as const;
  const source = await sourceOf(database, context, options);
  if (!source.appointments.known.has('requires_manual_review')) {
    throw new Problem(
      'blocked',
      'there is no review queue: the table has no column requires_manual_review',
      'the sync migrations add it',
    );
  }
  const query: RowsQuery = {
    filter: { ...filter, inReview: true },
    sort: { column: 'manual_review_flagged_at', direction: 'desc' },
    columns: LISTED,
  };
  const rows = await readRows(database, source, query, { direction: 'forward', limit }, options);
  const { total } = await countRows(database, source, query, undefined, options);
  const kept = await keptOf(
    { database, source, options },
    rows.map(({ pk }) => pk),
  );
  const keptAbout = (pk: string) => kept.get(pk) ?? [];
  if (json) {
    const shown = rows.map(({ pk, class: rowClass, values }) => ({
      pk,
      class: rowClass,
      values,
      likelyCause: causeOf(values['sync_error_code'] ?? null, values['sync_error_message'] ?? null)?.id ?? null,
      outcomes: keptAbout(pk).map(({ run, outcome, detail, at, operator }) => ({
        run,
        outcome,
        detail: detail ?? null,
        at: new Date(at).toISOString(),
        operator,
      })),
    }));
    process.stdout.write(jsonText(documentOf(context, { total, rows: shown })));
    return EXIT.healthy;
  }
  const cells = rows.map((row) => cellsOf(row, keptAbout(row.pk)));
  if (!process.stdout.isTTY) print(cells.map((line) => tabbed(...line)));
  else if (rows.length === 0) print(['nothing waits for review']);
  else print(aligned([TITLES, ...cells], 0, layout));
  const more = total > rows.length ? `, ${count(rows.length)} of them shown: --limit shows more` : '';
  process.stderr.write(`${counted(total, 'appointment waits', 'appointments wait')} for review${more}\n`);
  return EXIT.healthy;
}
