import { writeFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { configSchema } from '../src/config/schema.ts';
import { runbookSchema } from '../src/runbooks/schema.ts';

const written = (title: string, schema: z.ZodMiniType): string =>
  `${JSON.stringify({ title, ...z.toJSONSchema(schema) }, null, 2)}\n`;

/** The JSON Schema (2020-12) of the config file, with a newline at its end: the content of `config.schema.json`. */
export const jsonSchema = (): string => written('apptop config', configSchema);

/** That of a runbook's file: the content of `runbook.schema.json`. */
export const runbookJsonSchema = (): string => written('apptop runbook', runbookSchema);

if (import.meta.main) {
  writeFileSync(new URL('../config.schema.json', import.meta.url), jsonSchema());
  writeFileSync(new URL('../runbook.schema.json', import.meta.url), runbookJsonSchema());
}
