import { visible } from '../../model/text.ts';

/** Texts come from people, programs and databases: each is made harmless where it goes into a document, and only there. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text for an element or an attribute of HTML; what a person would not see is shown as a symbol. */
export const htmlText = (text: string): string => visible(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');

/** The same with its line ends, for an element that keeps them. */
export const htmlLines = (text: string): string => linesOf(text).map(htmlText).join('\n');

/** What Markdown would read as markup in the middle of a line; a bar by its number, as not every reader knows `\|`. */
const MARKUP = /[\\`*_[\]~$<>&|]|:(?=\/\/)/g;
const MARKDOWN: Readonly<Record<string, string>> = { ...ENTITIES, '|': '&#124;' };

/** A text in one line of Markdown, behind something: not at the beginning of the line. */
export const markdownText = (text: string): string =>
  visible(text).replace(MARKUP, (sign) => MARKDOWN[sign] ?? `\\${sign}`);

const linesOf = (text: string): readonly string[] => text.replace(/\r\n/g, '\n').replace(/\n+$/, '').split('\n');

/** A text as a block of Markdown in which nothing is markup: its fence is longer than any in the text. */
export function markdownLines(text: string): string {
  const lines = linesOf(text).map((line) => visible(line));
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines, fence].join('\n');
}
