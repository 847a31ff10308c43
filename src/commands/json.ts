/** What a terminal would obey or hide, except the line ends that the layout is made of. */
const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, unit) => {
    const code = character.charCodeAt(unit).toString(16).padStart(4, '0');
    return `\\u${code}`;
  }).join('');

/** A document as JSON that says the same to a program and does nothing to a terminal. Big integers become text. */
export const jsonText = (document: object): string =>
  `${JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2).replace(unseen, escaped)}\n`;
