import { Box, Text } from 'ink';
import { useEffect, useMemo, useState } from 'react';
import { CLASS_MEANING, type SummaryLines } from '../model/booking-id.ts';
import { count, counted } from '../model/format.ts';
import type { ClassesOf, Snapshot } from '../model/snapshot.ts';
import { fit } from '../model/text.ts';
import { decisionsView } from './change-decisions.tsx';
import { GroupList, steadily } from './components/group-list.tsx';
import { useConsole, useServices, useSize, useSnapshot, useTheme, useVisible } from './hooks/console.ts';
import { type Filter, filterWords, useFilter, useKeys } from './hooks/keys.ts';
import { classColumns, classCounts, groupColumns, groupName, WIDE } from './ids-columns.ts';
import { rowsView } from './rows.tsx';
import type { Theme } from './theme.ts';

const PANES = ['classes', 'sources', 'tenants'] as const;
type Pane = (typeof PANES)[number];

/** From here on all panes are drawn at once. */
const ROOM = { columns: 70, rows: 17 } as const;
const CLASS_LINES = 9;

const all = (snapshot: Snapshot): Snapshot => snapshot;

/** Figures by tenant, which the database counts only while this screen is on. */
function useTenants(): readonly ClassesOf[] | undefined {
  const { live } = useServices();
  const visible = useVisible();
  const wanted = useSnapshot(({ missing }) => !missing.includes('company_id')) && visible;
  useEffect(() => {
    if (!wanted) return undefined;
    live.setByTenant(true);
    return () => live.setByTenant(false);
  }, [live, wanted]);
  const newest = useSnapshot((snapshot) => snapshot.tenants);
  // After a drill-down the figures from before stay until there are new ones.
  const [last, setLast] = useState(newest);
  if (newest !== undefined && newest !== last) setLast(newest);
  return newest ?? last;
}

function matching(groups: readonly ClassesOf[] | undefined, filter: Filter | undefined): readonly ClassesOf[] {
  if (groups === undefined || filter === undefined) return groups ?? [];
  const needle = filter.needle.toLowerCase();
  return groups.filter(({ value }) => (value ?? '').toLowerCase().includes(needle) !== filter.inverse);
}

/** The booking ids: eight classes, the migration's own five lines, and where they come from. */
export function Ids() {
  const theme = useTheme();
  const console = useConsole();
  const { columns, rows } = useSize();
  const { context } = useServices();
  const snapshot = useSnapshot(all);
  const filter = useFilter();
  const tenants = useTenants();
  const [pane, setPane] = useState<Pane>('classes');
  const go = (by: number) => setPane(PANES[(PANES.indexOf(pane) + by + PANES.length) % PANES.length] ?? 'classes');
  useKeys([
    { id: 'next-pane', keys: ['tab'], title: 'Next pane', hint: 'pane', run: () => go(1) },
    { id: 'previous-pane', keys: ['shift-tab'], title: 'Previous pane', run: () => go(-1) },
    {
      id: 'decide',
      keys: [],
      title: 'Decide about conflict and review rows',
      disabled: () =>
        snapshot.classes.conflict + snapshot.classes.review > 0 ? undefined : 'no row is in either class',
      run: () => console.open(decisionsView(snapshot.classes.conflict > 0 ? 'conflict' : 'review')),
    },
  ]);
  const roomy = columns >= ROOM.columns && rows >= ROOM.rows;
  const notes = notesOf(snapshot, context.columns.calcom_v2_booking_uid, filter, theme);
  const line = (text: string) => fit(` ${text}`, columns, { ascii: theme.ascii });
  const linesAbove = CLASS_LINES + (columns >= WIDE ? 0 : 1) + 3 + notes.length;
  const blanks = Math.max(0, Math.min(2, rows - linesAbove - 5));
  const height = roomy ? rows - linesAbove - blanks : Math.max(2, rows - notes.length);
  // Side by side with two columns between them.
  const half = roomy ? Math.floor(columns / 2) - 1 : columns;
  const bySource = <Groups field="source" groups={snapshot.sources} {...{ filter, pane, height, width: half }} />;
  const byTenant = (
    <Groups
      field="tenant"
      groups={tenants}
      {...{ filter, pane, height, width: roomy ? columns - half - 2 : columns }}
    />
  );
  return (
    <Box flexDirection="column">
      {notes.map((note) => (
        <Text key={note} {...theme.style('accent')}>
          {line(note)}
        </Text>
      ))}
      {(roomy || pane === 'classes') && (
        <Classes snapshot={snapshot} focused={pane === 'classes'} room={rows - notes.length} />
      )}
      {roomy && blanks > 1 && <Text> </Text>}
      {(roomy || (pane === 'classes' && rows >= CLASS_LINES + 4)) && (
        <Lines lines={snapshot.lines} total={snapshot.total} />
      )}
      {roomy && blanks > 0 && <Text> </Text>}
      {roomy ? (
        <Box columnGap={2}>
          {bySource}
          {byTenant}
        </Box>
      ) : (
        <>
          {pane === 'sources' && bySource}
          {pane === 'tenants' && byTenant}
        </>
      )}
    </Box>
  );
}

/** What has to be known to read the figures right. */
function notesOf(
  { byDesign, includesDeleted }: Snapshot,
  uidColumn: string,
  filter: Filter | undefined,
  theme: Theme,
): readonly string[] {
  const notes: string[] = [];
  if (byDesign > 0) {
    notes.push(`numeric by design: ${counted(byDesign, 'row has its uid', 'rows have their uids')} in ${uidColumn}`);
    notes.push('their numeric ids belong in the V2 column: they count as right, and are not moved');
  }
  if (includesDeleted) notes.push('soft-deleted rows are counted too: D leaves them out');
  if (filter !== undefined) {
    notes.push(
      `${filterWords(filter, theme.ascii)} ${theme.glyphs.dot} Esc clears ${theme.glyphs.dot} sources and tenants`,
    );
  }
  return notes;
}

interface ClassesProps {
  readonly snapshot: Snapshot;
  readonly focused: boolean;
  /** Lines that it may take. */
  readonly room: number;
}

function Classes({ snapshot, focused, room }: ClassesProps) {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width } = useSize();
  const counts = classCounts(snapshot);
  const columns = useMemo(() => classColumns(snapshot.total, width, theme.glyphs), [snapshot.total, width, theme]);
  const [selected, setSelected] = useState(counts[0]?.name ?? 'none');
  const { meaning, move } = CLASS_MEANING[selected];
  return (
    <Box flexDirection="column">
      <GroupList
        items={counts}
        keyOf={({ name }) => name}
        columns={columns}
        width={width}
        height={Math.max(2, Math.min(CLASS_LINES, room))}
        focused={focused}
        empty=""
        onSelect={({ name }) => setSelected(name)}
        onOpen={({ name }) => console.open(rowsView(name, { class: name }))}
      />
      {width < WIDE && room > CLASS_LINES && (
        <Text wrap="truncate" {...theme.style('muted')}>
          {fit(`  ${width < 90 ? '' : `${meaning}; `}the move of ${selected}: ${move}`, width, { ascii: theme.ascii })}
        </Text>
      )}
    </Box>
  );
}

const LINES: readonly (readonly [keyof SummaryLines, string])[] = [
  ['v1InV1Column', 'V1 in its column'],
  ['v2InV2Column', 'V2 uid in its column'],
  ['v1InV2Column', 'V1 in wrong column'],
  ['both', 'both'],
  ['none', 'none'],
];

/** The five lines that the migration itself prints; a row can count in several. */
function Lines({ lines, total }: { lines: SummaryLines; total: number }) {
  const theme = useTheme();
  const { columns } = useSize();
  const sum = LINES.reduce((added, [name]) => added + lines[name], 0);
  const cells = LINES.map(([name, label]) => {
    const figure = count(lines[name]);
    const wide = Math.max(label.length, figure.length);
    return { label: fit(label, wide, { align: 'right' }), figure: fit(figure, wide, { align: 'right' }) };
  });
  const line = (parts: readonly string[]) => fit(`  ${parts.join('   ')}`, columns, { ascii: theme.ascii });
  const overlap =
    sum === total ? '' : `: a row can count in several, so they add up to ${count(sum)} of ${count(total)}`;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style('title')}>
        {line([`Overlapping lines${overlap}`])}
      </Text>
      <Text wrap="truncate" {...theme.style('muted')}>
        {line(cells.map(({ label }) => label))}
      </Text>
      <Text wrap="truncate">{line(cells.map(({ figure }) => figure))}</Text>
    </Box>
  );
}

const FIELDS = {
  source: { pane: 'sources', title: 'By source', nothing: '(no source)', column: 'source' },
  tenant: { pane: 'tenants', title: 'By tenant', nothing: '(no tenant)', column: 'company_id' },
} as const;

const groupKey = ({ value }: ClassesOf): string => JSON.stringify(value);

interface GroupsProps {
  readonly field: keyof typeof FIELDS;
  readonly groups: readonly ClassesOf[] | undefined;
  readonly filter: Filter | undefined;
  readonly pane: Pane;
  readonly width: number;
  readonly height: number;
}

function Groups({ field, groups, filter, pane, width, height }: GroupsProps) {
  const console = useConsole();
  const lacking = useSnapshot(({ missing }) => missing.includes(FIELDS[field].column));
  const { title, nothing, column, pane: own } = FIELDS[field];
  const items = useMemo(() => steadily(matching(groups, filter), groupKey), [groups, filter]);
  const columns = useMemo(() => groupColumns(title, nothing, items), [title, nothing, items]);
  const empty = lacking
    ? `needs column ${column}`
    : groups === undefined
      ? 'counting'
      : filter === undefined
        ? 'no rows yet'
        : 'none is like this: Esc clears the filter';
  return (
    <GroupList
      items={items}
      keyOf={groupKey}
      columns={columns}
      width={width}
      height={height}
      focused={pane === own}
      empty={empty}
      onOpen={({ value }) =>
        console.open(
          rowsView(`${field} ${groupName(value, nothing)}`, field === 'source' ? { source: value } : { tenant: value }),
        )
      }
    />
  );
}
