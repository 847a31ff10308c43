/** Fields as one line of CSV (RFC 4180), with CRLF; null is an empty field, the empty text is `""`. */
export function csvLine(fields: readonly (string | null)[]): string {
  const quoted = fields.map((field) => {
    if (field === null) return '';
    return field === '' || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  });
  return `${quoted.join(',')}\r\n`;
}
