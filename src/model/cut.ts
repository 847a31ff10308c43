/** A text of at most so many characters, with an ellipsis where it was cut; no surrogate pair is parted. */
export const cut = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters - 1).replace(/[\ud800-\udbff]$/, '')}…`;
