import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { junitReport, writeReport } from '../../src/commands/check/junit.ts';
import { quick, resultOf } from '../checks/checks.ts';

const hostile = '<b>&"\' ]]> \u0000\u0001\u001b[31m\ufffe\ud800 é 😀\r\n\t';
const sync = (name: string, severity: 'stop' | 'warn' | 'info') =>
  quick(name, { id: `sync/${name}`, system: 'sync', severity, title: hostile });
const RESULTS = [
  resultOf(sync('passes', 'stop'), { figure: '93.1 %' }),
  resultOf(sync('fails', 'warn'), {
    verdict: 'fail',
    violations: 3,
    sample: [{ pk: hostile }],
    statements: [{ sql: 'SELECT 1 WHERE 1 < 2 AND \'a\' <> "b"', parameters: [] }],
  }),
  resultOf(sync('told', 'info'), { verdict: 'fail', violations: 2 }),
  resultOf(quick('missing'), { verdict: 'not-applicable', note: 'needs table jobs' }),
  resultOf(quick('lost'), { verdict: 'could-not-tell', note: hostile }),
];

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The elements of a well-formed document by name, with their attributes. */
function elementsOf(xml: string): readonly Element[] {
  const open: string[] = [];
  const elements: Element[] = [];
  const text = xml.replaceAll(
    /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>/g,
    (_, end: string, name: string, attributes: string, empty: string) => {
      if (end !== '') {
        const opened = open.pop();
        if (opened !== name) throw new Error(`</${name}> ends <${opened}>`);
        return '';
      }
      if (empty === '') open.push(name);
      elements.push({
        name,
        attributes: Object.fromEntries(
          [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
        ),
      });
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(
    text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>/, '').replaceAll(/&(amp|lt|gt|quot|#\d+);/g, ''),
  ).not.toMatch(/[<>&]/);
  expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  return elements;
}

test('a report is well-formed, with a suite for each system and a case for each check', () => {
  const elements = elementsOf(junitReport(RESULTS, 'apptop shop'));
  const named = (name: string) =>
    elements.filter((element) => element.name === name).map(({ attributes }) => attributes);
  expect(named('testsuites')).toMatchObject([
    { name: 'apptop shop', tests: '5', failures: '1', errors: '1', skipped: '1' },
  ]);
  expect(named('testsuite')).toMatchObject([
    { name: 'sync', tests: '3', failures: '1', errors: '0', skipped: '0', timestamp: '2026-11-21T12:04:31' },
    { name: 'own', tests: '2', failures: '0', errors: '1', skipped: '1', time: '0.025' },
  ]);
  expect(named('testcase').map(({ name, time }) => [name, time])).toEqual(
    RESULTS.map(({ check }) => [check.id, '0.012']),
  );
  expect(named('failure')).toMatchObject([
    { type: 'warn', message: expect.stringMatching(/^3 violations: &lt;b&gt;&amp;&quot;/) },
  ]);
  expect(named('skipped')).toEqual([{ message: 'needs table jobs' }]);
  expect(named('error')).toHaveLength(1);
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'apptop-junit-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('a report takes the place of the old one, with nothing beside it', () => {
  const path = folder();
  const file = join(path, 'report.xml');
  writeFileSync(file, 'old');
  writeReport(file, 'new');
  expect([readFileSync(file, 'utf8'), readdirSync(path)]).toEqual(['new', ['report.xml']]);
});

test('a report that cannot be written is one clear Problem', () => {
  const file = join(folder(), 'nowhere', 'report.xml');
  expect(() => writeReport(file, 'new')).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining(`--junit ${file} can't be written: `) }),
  );
});

test('a device is written to and stays one', () => {
  writeReport('/dev/null', 'new');
  expect([existsSync('/dev/null'), readFileSync('/dev/null', 'utf8')]).toEqual([true, '']);
});
