import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchema, runbookJsonSchema } from '../../scripts/config-schema.ts';
import { readConfigFile } from '../../src/config/file.ts';
import { Folder } from './folder.ts';

const fileOf = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;

/** The places in a JSON Schema of the properties that have no description. */
function undescribed(schema: unknown, place = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const below = Object.entries(schema).flatMap(([key, part]) => undescribed(part, `${place}/${key}`));
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return below;
  const bare = Object.entries(schema.properties).filter(([, property]) => !('description' in property));
  return [...bare.map(([name]) => `${place}/${name}`), ...below];
}

describe('the JSON Schema for editors', () => {
  it('is what the code says (node scripts/config-schema.ts writes it)', () => {
    expect(readFileSync(fileOf('config.schema.json'), 'utf8')).toBe(jsonSchema());
  });

  it('is the same for runbooks', () => {
    expect(readFileSync(fileOf('runbook.schema.json'), 'utf8')).toBe(runbookJsonSchema());
  });

  it.each([jsonSchema, runbookJsonSchema])('describes every key', (schema) => {
    expect(undescribed(JSON.parse(schema()))).toEqual([]);
  });
});

describe('config.example.json', () => {
  it('is a config that names its schema', async () => {
    const file = await readConfigFile(fileOf('config.example.json'), 'config.example.json');
    expect(file.$schema).toBe('./config.schema.json');
    expect(Object.keys(file.contexts)).toEqual(['prod', 'staging', 'local']);
  });
});

describe('a wrong key or value', () => {
  const cases: readonly [content: string, line: string][] = [
    [
      '{"contexts": {"p": {"connection": "sqlite:x", "acess": "read"}}}',
      'contexts.p: unknown key "acess" → did you mean access?',
    ],
    [
      '{"contexts": {"p": {"conection": "sqlite:x"}}}',
      'contexts.p: unknown key "conection" → did you mean connection?',
    ],
    [
      '{"contexts": {"p": {"connection": {"engin": "mysql"}}}}',
      'contexts.p.connection: unknown key "engin" → did you mean engine?',
    ],
    ['{"context": {}}', 'unknown key "context" → did you mean contexts?'],
    [
      '{"contexts": {"p": {"connection": "sqlite:x", "columns": {"calcom_bookingid": "x"}}}}',
      'contexts.p.columns: unknown key "calcom_bookingid" → did you mean calcom_booking_id?',
    ],
    [
      '{"contexts": {"p": {"connection": "sqlite:x", "environment": "prodution"}}}',
      'contexts.p.environment: must be one of production, staging, local → did you mean production?',
    ],
    [
      '{"contexts": {"p": {"connection": "sqlite:x", "access": true}}}',
      'contexts.p.access: must be one of read, operate → use one of read, operate',
    ],
    [
      '{"contexts": {"p": {"connection": {"engine": "mysql", "port": "3306"}}}}',
      'contexts.p.connection.port: must be a whole number from 1 to 65535 → write a whole number from 1 to 65535, without quotes',
    ],
    [
      '{"contexts": {"p": {"connection": {"host": "h"}}}}',
      'contexts.p.connection.engine: missing → write one of sqlite, mysql, mariadb, postgres',
    ],
    [
      '{"contexts": {"p q": {"connection": {"engine": "mysql", "passwordCommand": "pass show db"}}}}',
      'contexts."p q".connection.passwordCommand: must be a list → write a program and its arguments: ["pass", "show", "db"]',
    ],
    [
      '{"contexts": {"p": {"connection": "sqlite:x", "bookingIds": {"uidPattern": ".*"}}}}',
      'contexts.p.bookingIds.uidPattern: must have the form ^[characters]{shortest,longest}$ → the default is ^[A-Za-z0-9_-]{8,64}$',
    ],
    [
      '{"contexts": {"p": {"connection": "sqlite:x", "thresholds": {"syncSuccess": 95}}}}',
      'contexts.p.thresholds.syncSuccess: must be a number from 0 to 1 → write a number from 0 to 1, without quotes',
    ],
    ['{"contexts": []}', 'contexts: must be an object → write {"NAME": {"connection": …}}'],
    ['{"contexts": {}}', 'contexts: is empty → run apptop init --force'],
    [
      '{"contexts": {"p": {}}}',
      'contexts.p.connection: must be a URL or an object → write "mysql://user@host/database" or {"engine": "mysql", …}',
    ],
    ['[]', 'must be an object → write an object'],
  ];

  it.each(cases)('in %s is one line', async (content, line) => {
    const folder = new Folder().write('apptop.json', content);
    expect(await folder.complaint()).toBe(`./apptop.json: ${line}`);
  });
});

describe('text that is no JSON', () => {
  it.each([
    ['{"contexts": {\n  "p": abc\n}}', 'line 2, column 8', 'a value (text stands in double quotes)'],
    ['{"contexts": {\n  "p": {},\n}}', 'line 3, column 1', 'a key in double quotes'],
    ['{\n "password": "hunter2" "x": 1}', 'line 2, column 24', 'a comma or }'],
    ['{"a": "hunter2\n"}', 'line 1, column 7', 'a value (text stands in double quotes)'],
    ['{"a" 1}', 'line 1, column 6', 'a colon'],
    ['{"a": [1, 2', 'line 1, column 12', 'a comma or ]'],
    ['{} x', 'line 1, column 4', 'nothing after the closing bracket'],
    ['', 'line 1, column 1', 'a value (text stands in double quotes)'],
  ])('%j is told with its place and without its content', async (content, place, expected) => {
    const complaint = await new Folder().write('apptop.json', content).complaint();
    expect(complaint).toBe(`./apptop.json: ${place}: this is no JSON → write ${expected} there`);
  });
});
