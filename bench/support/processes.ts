import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of the times in /proc, the same on every Linux that Node runs on. */
const TICKS = 100;

/** What a process said in a file of /proc; undefined when it has ended. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** The fields of /proc/PID/stat from the third on: a name may hold spaces and parentheses. */
const stat = (pid: number): readonly string[] =>
  read(pid, 'stat')
    ?.replace(/^.*\) /s, '')
    .split(' ') ?? [];

/** A process and everything that it started, directly or not. */
export function treeOf(root: number): readonly number[] {
  const parents = new Map(
    readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
      .map((pid) => [pid, Number(stat(pid)[1])]),
  );
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** Seconds of CPU, user and system, that processes have taken. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const [user = 0, system = 0] = stat(pid).slice(11, 13).map(Number);
    return user + system;
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS;
}

export interface Memory {
  /** Megabytes of 1,000,000 bytes. What processes share counts once for each of them. */
  readonly rss: number;
  /** The same with what they share divided among them. */
  readonly pss: number;
}

/** The memory of processes together. */
export function memoryOf(pids: readonly number[]): Memory {
  const rollups = pids.map((pid) => read(pid, 'smaps_rollup') ?? '');
  const sum = (field: string) =>
    rollups.reduce((total, text) => {
      const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0;
      return total + (Number(kilobytes) * 1024) / 1e6;
    }, 0);
  return { rss: sum('Rss'), pss: sum('Pss') };
}
