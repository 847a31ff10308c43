import { type LogWatch, watchLogs } from '../../checks/own/log.ts';
import { useAsked } from './asked.ts';
import { useServices } from './console.ts';

/** Seconds between two looks at the logs: up to 32 MB of each are read. */
const SECONDS = 30;

const NONE: readonly LogWatch[] = [];

/** What the logs of the config say now, while the view is on screen and wants to know. */
export function useLogs(wanted = true): readonly LogWatch[] {
  const { logs } = useServices().context.checks;
  return useAsked(() => watchLogs(wanted ? logs : []), SECONDS).answer ?? NONE;
}
