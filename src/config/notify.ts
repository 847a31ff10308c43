import { Problem } from '../model/problem.ts';

/** Who is told when the verdict of watched checks changes. */
export interface Notify {
  /** A program and its arguments, and the folder that it runs in. */
  readonly command: { readonly words: readonly string[]; readonly folder: string } | undefined;
  /** An address that is sent a POST. It may hold a secret: it is never shown in full. */
  readonly webhook: URL | undefined;
}

/**
 * A webhook's address with its secrets filled in.
 * @throws Problem config, without repeating it
 */
export function webhookOf(text: string, place: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new Problem('config', `${place}: is no address`, 'write "https://…"');
}
