/** Figures and times as people read them, the same in every screen and report. Times are UTC unless said otherwise. */

/** A whole number: `1,204`. The first use of `toLocaleString()` takes 18 ms. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `93.1 %`; a rate that is not quite whole never reads 100 %, one that is not quite nothing never 0 %. */
export function percent(share: number): string {
  const shown = Math.round(share * 1000) / 10;
  if (shown === 100 && share < 1) return '> 99.9 %';
  if (shown === 0 && share > 0) return '< 0.1 %';
  return `${Number.isInteger(shown) ? shown : shown.toFixed(1)} %`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** The largest fitting unit, whole: `3 h`, `12 min`, `4 s`. */
export function age(seconds: number): string {
  const unit = UNITS.find(([, size]) => seconds >= size);
  return unit === undefined ? `${Math.max(0, Math.floor(seconds))} s` : `${Math.floor(seconds / unit[1])} ${unit[0]}`;
}

/** A measured time: `4.1 s`, `340 ms`, `27 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds >= 60) return age(seconds);
  return `${Number.isInteger(seconds) || seconds >= 10 ? Math.round(seconds) : seconds.toFixed(1)} s`;
}

/** A size as people read it: `512 B`, `1.2 MB`. */
export function bytes(size: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, size)) / 3));
  const value = size / 1000 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** `2026-11-21 12:04:31Z` */
export const utc = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** `1 id`, `102 ids` */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;

/** A measured time of a statement: `34 ms`, `1.2 s`. */
export const milliseconds = (value: number): string => duration(value / 1000);

/** The time of day: `12:04:31Z`, or `13:04:31` in the local zone. */
export function clock(at: number, local: boolean): string {
  if (!local) return `${new Date(at).toISOString().slice(11, 19)}Z`;
  return new Date(at).toTimeString().slice(0, 8);
}
