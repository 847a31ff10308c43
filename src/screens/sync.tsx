import { emptyPanel } from './panels/empty.ts';
import { latencyPanel } from './panels/latency.ts';
import { Page, useSheet } from './panels/page.tsx';
import { originPanel, statusPanel } from './panels/sync.ts';
import { useSubject } from './panels/use-subject.ts';
import { WINDOWS_SIZE, WindowsTable } from './panels/windows.tsx';

/** How appointments reach Cal.com: by origin, by status, and how long it takes. */
export function Sync() {
  const subject = useSubject();
  const sheet = useSheet(2);
  const { paper, wide } = sheet;
  if (subject.snapshot.total === 0) return <Page sheet={sheet} head={[]} columns={[[emptyPanel(subject, wide)]]} />;
  const [statuses, latency] = [statusPanel(subject, paper), latencyPanel(subject, paper)];
  const foot = { ...WINDOWS_SIZE, element: <WindowsTable subject={subject} /> };
  const below = sheet.columns === 1 ? [[statuses, latency]] : [[statuses], [latency]];
  return <Page sheet={sheet} head={[]} across={[originPanel(subject, wide)]} columns={below} foot={foot} />;
}
