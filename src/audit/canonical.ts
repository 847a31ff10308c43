/**
 * A value as the one JSON text that stands for it: keys in the order of their code units, what is undefined left out,
 * and ASCII only, so that no character set of a server and no terminal changes it on the way.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return ascii(JSON.stringify(value) ?? 'null');
  const fields: readonly (readonly [string, unknown])[] = Object.entries(value);
  const kept = fields.filter(([, field]) => field !== undefined).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${kept.map(([key, field]) => `${ascii(JSON.stringify(key))}:${canonicalJson(field)}`).join(',')}}`;
}

const ascii = (json: string): string =>
  json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * A statement without the values that stand in it. Where a backslash may or may not end a text, by the engine, all from
 * the first text on goes.
 */
export function shapeOf(sql: string): string {
  const flat = sql.replaceAll(/\s+/g, ' ').trim();
  const safe = flat.includes('\\') && flat.includes("'") ? `${flat.slice(0, flat.indexOf("'"))}…` : flat;
  return safe.replaceAll(/'(?:[^']|'')*('|$)/g, '?').replaceAll(/(?<![\w$"`])\d+(?:\.\d+)?(?![\w"`])/g, '?');
}
