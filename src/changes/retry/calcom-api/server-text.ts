import { cut } from '../../../model/cut.ts';
import { visible } from '../../../model/text.ts';

/** Characters of a server's word in a column or on a screen: a sentence or two. */
const SHOWN_CHARACTERS = 300;
/** Characters that are looked at: what is made visible may grow to nine times its length. */
const READ_CHARACTERS = 2_000;

/** What looks like a key although it is not ours, as a proxy or a test may have put one in. */
const KEYS = /\bBearer\s+\S+|\bcal_[A-Za-z0-9_]+/gi;

/**
 * What a server said, on one line, without what a terminal obeys and without any key: a server may repeat the header
 * that it was sent.
 * @param key ours
 */
export function cleaned(text: string, key: string): string {
  // Before it is cut: the beginning of a key is still part of a secret.
  const keyless = text.replaceAll(key, '***').slice(0, READ_CHARACTERS).replace(KEYS, '***');
  return cut(visible(keyless.replace(/\s+/g, ' ').trim()), SHOWN_CHARACTERS);
}
