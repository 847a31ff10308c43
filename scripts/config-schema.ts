import { writeFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { configSchema } from '../src/config/schema.ts';

/** The JSON Schema (2020-12) of the config file, with a newline at its end: the content of `config.schema.json`. */
export function jsonSchema(): string {
  return `${JSON.stringify({ title: 'apptop config', ...z.toJSONSchema(configSchema) }, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL('../config.schema.json', import.meta.url), jsonSchema());
