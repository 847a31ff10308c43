/** What a spreadsheet may run as a formula: the first characters that OWASP names for CSV injection. */
const FORMULA = /^[=@\t\r]|^[+-](?!\d*\.?\d+(?:e[+-]?\d+)?$)/i;

/**
 * Fields as one line of CSV (RFC 4180), with CRLF; null is an empty field, the empty text is `""`. A text that a
 * spreadsheet would run gets a leading `'`; plain numbers with a sign stay as they are.
 */
export function csvLine(fields: readonly (string | null)[]): string {
  const quoted = fields.map((field) => {
    if (field === null) return '';
    const inert = FORMULA.test(field) ? `'${field}` : field;
    return inert === '' || /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
  });
  return `${quoted.join(',')}\r\n`;
}
