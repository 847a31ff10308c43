import { parametersOf } from '../../changes/takes.ts';
import type { Mask } from '../../config/mask.ts';
import { count, counted, utc } from '../../model/format.ts';
import type { Run } from '../../model/run.ts';
import type { RunbookEntry } from '../../model/runbook-run.ts';
import { evidenceOf, newestFinding } from '../findings.ts';
import { type Block, type Section, section, table } from './report.ts';

/** What is known of the rows that a run left to a person. */
interface Conflicts {
  readonly entries: readonly RunbookEntry[];
  /** Runs of changes that its steps made. */
  readonly changes: readonly Run[];
  /** Rows that these set aside. */
  readonly aside: readonly { readonly run: number; readonly pk: string; readonly reason: string }[];
}

/** Decisions about single rows, as whoever ran the change gave them. */
function decidedRows(run: Run): readonly (readonly string[])[] {
  const { decisions } = parametersOf(run);
  if (typeof decisions !== 'object' || decisions === null) return [];
  return Object.entries(decisions).map(([pk, decision]) => [String(run.id), pk, String(decision)]);
}

/** Rows of a list that are told. */
const ROWS = 200;

const list = (title: string, titles: readonly string[], rows: readonly (readonly string[])[]): readonly Block[] => {
  if (rows.length === 0) return [];
  const more = rows.length > ROWS ? `, the first ${ROWS} of ${count(rows.length)}` : '';
  return [{ kind: 'text', text: `${title}${more}:` }, table(titles, rows.slice(0, ROWS))];
};

const CHECKS = ['booking-ids/no-conflicts', 'booking-ids/no-impossible-ids'];

/** Rows with two ids or impossible ones: planned, found, decided, left. */
export function conflictsSection({ entries, changes, aside }: Conflicts, mask: Mask): readonly Section[] {
  const looked = CHECKS.flatMap((id) => newestFinding(entries, id) ?? []);
  const found = looked.filter((newest) => newest.found.verdict === 'fail');
  const planned = entries.flatMap((entry) => {
    const { plan } = evidenceOf(entry);
    const { conflict = 0, review = 0, decided = 0 } = plan?.counts ?? {};
    const text = `${count(conflict)} with two ids, ${count(review)} impossible, ${count(decided)} decided`;
    return plan === undefined || conflict + review + decided === 0 ? [] : [[entry.subject, utc(entry.beganAt), text]];
  });
  const left = changes.flatMap(({ id, counts: { aside: set, conflicts, raced, left: alone } }) => {
    const words = [
      ...(set > 0 ? [`${count(set)} set aside`] : []),
      ...(conflicts > 0 ? [`${count(conflicts)} left as somebody changed them`] : []),
      ...(raced > 0 ? [`${count(raced)} changed by others meanwhile`] : []),
      ...(alone > 0 ? [`${count(alone)} left alone`] : []),
    ];
    return words.length === 0 ? [] : [[String(id), words.join(', ')]];
  });
  const blocks = [
    ...list('Rows that a person decides about, as planned', ['step', 'when', 'rows'], planned),
    ...list(
      'Of these when last looked at',
      ['check', 'when', 'rows'],
      found.map(({ found: one, at }) => [
        one.id,
        utc(at),
        mask(`${counted(one.violations, 'row')}: ${one.keys.join(', ')}`),
      ]),
    ),
    ...list('Decided', ['run', 'row', 'decision'], changes.flatMap(decidedRows)),
    ...list('Not changed', ['run', 'rows'], left),
    ...list(
      'Set aside, row by row',
      ['run', 'row', 'reason'],
      aside.map(({ run, pk, reason }) => [String(run), pk, mask(reason)]),
    ),
  ];
  if (blocks.length > 0) return section('Conflicts', blocks);
  const words = looked.map(({ found: { id, verdict }, at }) => `${id}: ${verdict} at ${utc(at)}`).join(', ');
  const text = words === '' ? 'Nobody has looked for any in this run.' : `None is on record. ${words}.`;
  return section('Conflicts', [{ kind: 'text', text }]);
}
