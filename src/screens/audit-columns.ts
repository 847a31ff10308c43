import type { AuditRecord } from '../audit/event.ts';
import type { AuditEntry } from '../audit/read.ts';
import { who } from '../audit/words.ts';
import { count } from '../model/format.ts';
import { minuteStamp, stamp } from '../model/time.ts';
import { prose } from './check-text.ts';
import type { TextLine } from './components/text-list.tsx';
import type { TableColumn } from './table/columns.ts';
import type { Tone } from './theme.ts';

/** What is said of a row whose text is no record of apptop's. */
const UNKNOWN = 'unknown';

const atOf = ({ record }: AuditEntry): number => Date.parse(record?.at ?? '');

/** Red is for what a person has to look at. */
function toneOf({ record }: AuditEntry): Tone {
  if (record === undefined || record.event === 'halt') return 'bad';
  return record.outcome?.startsWith('failed') ? 'bad' : 'plain';
}

/** @param local whether times are local */
export const auditColumns = (local: boolean): readonly TableColumn<AuditEntry>[] => [
  {
    id: 'time',
    title: 'time',
    width: 17,
    priority: 1,
    sortable: true,
    value: ({ record }) => record?.at ?? null,
    shown: (entry) => (Number.isNaN(atOf(entry)) ? (entry.record?.at ?? '') : minuteStamp(atOf(entry), local)),
  },
  {
    id: 'who',
    title: 'who',
    width: 8,
    priority: 3,
    grows: true,
    sortable: true,
    value: ({ record }) => (record === undefined ? null : who(record.operator)),
  },
  {
    id: 'event',
    title: 'event',
    width: 9,
    priority: 2,
    sortable: true,
    value: ({ record }) => record?.event ?? UNKNOWN,
    tone: toneOf,
  },
  {
    id: 'change',
    title: 'change',
    width: 16,
    priority: 4,
    grows: true,
    sortable: true,
    value: ({ record }) => record?.change ?? null,
  },
  {
    id: 'run',
    title: 'run',
    width: 4,
    priority: 6,
    align: 'right',
    sortable: true,
    value: ({ record }) => (record?.run === undefined ? null : String(record.run)),
  },
  {
    id: 'outcome',
    title: 'outcome',
    width: 9,
    priority: 5,
    grows: true,
    sortable: true,
    value: ({ record }) => record?.outcome ?? null,
    tone: toneOf,
  },
];

type Fact = readonly [name: string, text: string | undefined, tone?: Tone];

const NAME_WIDTH = 13;

function timeIn({ at }: AuditRecord, local: boolean): string {
  const time = Date.parse(at);
  return Number.isNaN(time) ? at : stamp(time, local);
}

const countsIn = (counts: Readonly<Record<string, number>> | undefined): string | undefined =>
  counts &&
  Object.entries(counts)
    .map(([name, rows]) => `${name} ${Number.isInteger(rows) ? count(rows) : String(rows)}`)
    .join(', ');

function factsOf(record: AuditRecord, local: boolean): readonly Fact[] {
  const { operator, counts } = record;
  return [
    ['time', timeIn(record, local)],
    ['event', record.event, 'title'],
    ['change', record.change],
    ['run', record.run === undefined ? undefined : String(record.run)],
    ['outcome', record.outcome],
    ['reason', record.reason],
    ['planned', countsIn(counts?.planned)],
    ['actual', countsIn(counts?.actual)],
    ['user', operator.user],
    ['logged in as', operator.login],
    ['sudo from', operator.sudoUser],
    ['SSH from', operator.sshClient],
    ['host', operator.host],
    ['process', String(operator.pid)],
    ['database user', operator.databaseUser],
    ['database', record.database],
    ['context', record.context],
    ['environment', record.environment],
    ['plan', record.digest],
    ...Object.entries(record.details ?? {}).map(
      ([name, detail]): Fact => [name, Array.isArray(detail) ? detail.join(', ') : String(detail)],
    ),
    ...(record.sql ?? []).map((sql): Fact => ['SQL', sql]),
    ['local file', record.file],
  ];
}

/** Everything that a record says, in full. */
export function recordLines(entry: AuditEntry, width: number, local: boolean, ascii: boolean): readonly TextLine[] {
  const { seq, hash, prev, body, record } = entry;
  const facts: readonly Fact[] = [
    ['number', String(seq)],
    ...(record === undefined ? [[UNKNOWN, body, 'bad'] as const] : factsOf(record, local)),
    ['hash', hash],
    ['follows', prev],
  ];
  // Beside a narrow column of names no word of the text would fit.
  const room = width - NAME_WIDTH - 1;
  return facts.flatMap(([name, text, tone = 'plain']) => {
    if (text === undefined || text === '') return [];
    const copied = { text, what: `the ${name}` };
    const [head = ''] = prose(name, NAME_WIDTH, ascii);
    return prose(text, Math.max(2, room), ascii).map((part, index) => ({
      text: `${(index === 0 ? head : '').padEnd(NAME_WIDTH)} ${part}`,
      tone,
      copied,
    }));
  });
}
