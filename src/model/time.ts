import { age } from './format.ts';

/** As the engines write a time in a session in UTC: `2026-11-21 12:04:31`, with fractions and a zone where stored. */
const written = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|([+-]\d\d):?(\d\d)?)?$/;

/** Milliseconds since 1970 of a time as a database writes it, without a zone in UTC; undefined for anything else. */
export function timeOf(text: string): number | undefined {
  const [, date, clock, hours = '+00', minutes = '00'] = written.exec(text) ?? [];
  const at = Date.parse(`${date}T${clock}${hours}:${minutes}`);
  return Number.isNaN(at) ? undefined : at;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-21 12:04:31Z`, or in the local zone `2026-11-21 13:04:31`. */
export function stamp(at: number, local: boolean): string {
  const date = new Date(at);
  if (!local) return `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The same to the minute, for lists: `2026-11-21 12:04Z`. */
export const minuteStamp = (at: number, local: boolean): string => {
  const whole = stamp(at, local);
  return `${whole.slice(0, 16)}${local ? '' : 'Z'}`;
};

/** How far a time is from now: `3 h ago`, `in 2 d`. */
export const distance = (at: number, now: number): string =>
  at > now ? `in ${age((at - now) / 1000)}` : `${age((now - at) / 1000)} ago`;
