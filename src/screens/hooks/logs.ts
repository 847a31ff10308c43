import { type LogWatch, watchLogs } from '../../checks/own/log.ts';
import { maskOf } from '../../config/mask.ts';
import { useAsked } from './asked.ts';
import { useServices } from './console.ts';

/** Seconds between two looks at the logs: up to 32 MB of each are read. */
const SECONDS = 30;

const NONE: readonly LogWatch[] = [];

/** What the logs of the config say now, without the secrets in them, while the view is on screen and wants to know. */
export function useLogs(wanted = true): readonly LogWatch[] {
  const { context } = useServices();
  const ask = async () => {
    const mask = maskOf(context);
    const watched = await watchLogs(wanted ? context.checks.logs : []);
    return watched.map((one) => ({ ...one, last: one.last.map(mask) }));
  };
  return useAsked(ask, SECONDS).answer ?? NONE;
}
