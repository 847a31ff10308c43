import type { Stage, Stand } from './stage.ts';
import type { Terminal } from './terminal.ts';

/** A refresh of a large table takes seconds, on a busy machine many. */
const REFRESH_MS = 180_000;

/** Opens a stand's console and waits for its figures. */
export async function openConsole(stage: Stage, { url }: Stand): Promise<Terminal> {
  const terminal = stage.apptop(['--url', url]);
  await terminal.until('the figures', (screen) => /[\d,]+ rows/.test(screen), REFRESH_MS);
  return terminal;
}

/** Seconds since the figures on screen arrived. */
function ageOf(screen: string): number {
  const [, number, unit] = /([\d.]+) (s|min|h) ago/.exec(screen) ?? [];
  return Number(number) * (unit === 'h' ? 3600 : unit === 'min' ? 60 : 1);
}

/** Waits until newer figures are on screen; answers with the moment of `performance.now()` at which they arrived. */
export function nextRefresh(terminal: Terminal, deadlineMs: number = REFRESH_MS): Promise<number> {
  let age = ageOf(terminal.text);
  return terminal.until(
    'newer figures',
    (screen) => {
      const now = ageOf(screen);
      const newer = now < age;
      if (!Number.isNaN(now)) age = now;
      return newer;
    },
    deadlineMs,
  );
}
