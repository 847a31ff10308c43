import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import { type AuditEntry, readAudit } from '../audit/read.ts';
import { count } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { auditColumns, recordLines } from './audit-columns.ts';
import { Table } from './components/table.tsx';
import { TextList } from './components/text-list.tsx';
import type { View } from './contract.ts';
import { type Asked, useAsked } from './hooks/asked.ts';
import { useConsole, useDisplay, useServices, useSize, useTheme } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { type Sort, useArrayList } from './table/list.ts';

/** Seconds between two looks: whoever changes something sees it when they come here. */
const EVERY = 30;
/** Records of one look, some 200 KB; the command prints all. */
const NEWEST = 200;

const NOTHING: readonly never[] = [];
const keyOf = ({ seq }: AuditEntry): string => String(seq);

/** Who changed what with apptop, the newest first. */
export function Audit() {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows } = useSize();
  const { localTime } = useDisplay();
  const { context, database } = useServices();
  const asked = useAsked((options) => readAudit(database, context, { limit: NEWEST }, options), EVERY);
  const { answer, problem, asking, again, cancel } = asked;
  const refresh = () => {
    again();
    console.notify('the record is read again');
  };
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Read the record again', run: refresh },
    ...(asking ? [{ id: 'cancel-asking', keys: ['escape'], title: 'Cancel the query', run: cancel }] : []),
  ]);
  const filter = useFilter();
  const [sort, setSort] = useState<Sort>();
  const columns = useMemo(() => auditColumns(localTime), [localTime]);
  const items = answer?.entries ?? NOTHING;
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  const all = items[0]?.seq ?? 0;
  const head =
    problem === undefined
      ? all > items.length
        ? `the newest ${count(items.length)} of ${count(all)}: apptop audit list prints all`
        : undefined
      : `${theme.glyphs.alert} ${problem.message}: ${problem.remedy}`;
  return (
    <Box flexDirection="column" width={width}>
      {head !== undefined && (
        <Text wrap="truncate" {...theme.style(problem === undefined ? 'muted' : 'bad')}>
          {fit(` ${head}`, width, { ascii: theme.ascii })}
        </Text>
      )}
      <Table
        name="audit"
        list={list}
        columns={columns}
        width={width}
        height={Math.max(2, rows - (head === undefined ? 0 : 1))}
        empty={reason(asked)}
        filter={items.length === 0 ? undefined : filter}
        of={all}
        sort={sort}
        onSort={setSort}
        onOpen={(entry) => console.open(recordView(entry))}
      />
    </Box>
  );
}

/** Why there are no records. */
function reason({ answer, problem, asking }: Asked<{ readonly why?: string }>): string {
  if (answer !== undefined) return `${answer.why ?? 'no record'}; see 6 Changes`;
  return problem === undefined || asking ? 'reading the record: Esc cancels' : 'not known: R reads the record again';
}

/** One record in full. */
const recordView = (entry: AuditEntry): View => ({
  title: `record ${entry.seq}`,
  element: <RecordView entry={entry} />,
});

function RecordView({ entry }: { entry: AuditEntry }) {
  const { ascii } = useTheme();
  const { columns: width, rows: height } = useSize();
  const { localTime } = useDisplay();
  const lines = useMemo(() => recordLines(entry, width - 3, localTime, ascii), [entry, width, localTime, ascii]);
  return <TextList lines={lines} width={width} height={height} empty="" />;
}
