import { Problem } from '../../model/problem.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** More often costs the database more than it tells; more seldom is what cron is for. */
const SHORTEST_SECONDS = 10;
const LONGEST_SECONDS = 86_400;

/**
 * Milliseconds of an interval as a person writes it: `60s`, `5m`, `1h`, `1d`.
 * @throws Problem usage
 */
export function intervalMs(text: string, option = 'watch'): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (UNIT_SECONDS[unit] ?? 0);
  if (seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS) return seconds * 1000;
  throw new Problem('usage', `--${option} ${text} is no interval from 10s to 1d`, `write --${option} 60s, 5m or 1h`);
}
