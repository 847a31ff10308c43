/** The file of ink-table that has to be read as a module. */
export const INK_TABLE = /[\\/]ink-table[\\/]dist[\\/]index\.js$/;

/**
 * ink-table as an ES module. It is CommonJS and requires ink, which Node refuses because Ink awaits at its top level;
 * and its default export would come wrapped in another one.
 */
export function inkTableAsModule(code: string): string {
  return `import react from 'react';
import * as ink from 'ink';
import hash from 'object-hash';
const exports = {};
const require = (name) => ({ react, ink, 'object-hash': hash })[name];
${code}
export default exports.default;`;
}
