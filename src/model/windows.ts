/** The time windows of every rate and latency, from the narrowest; `all` has no limit. */
export const WINDOWS = ['1h', '24h', '7d', 'all'] as const;
export type Window = (typeof WINDOWS)[number];

/** Seconds that a window reaches back. */
export const WINDOW_SECONDS: Readonly<Record<Window, number>> = {
  '1h': 3_600,
  '24h': 86_400,
  '7d': 604_800,
  all: Number.POSITIVE_INFINITY,
};

/** The next window in the cycle that the `t` key walks through. */
export function nextWindow(window: Window): Window {
  return WINDOWS[(WINDOWS.indexOf(window) + 1) % WINDOWS.length] ?? 'all';
}
