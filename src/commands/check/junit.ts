import { lstatSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CheckResult } from '../../checks/check.ts';
import { Problem } from '../../model/problem.ts';

/** What XML 1.0 forbids, the controls that it only discourages, and what hides or turns the text around it. */
const forbidden = /[^\t\n\r -~\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\p{Cf}\p{Zl}\p{Zp}]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const attribute = (text: string): string =>
  text.replace(forbidden, '').replace(/[&<>"\t\n\r]/g, (character) => ENTITIES[character] ?? '');
const content = (text: string): string =>
  text.replace(forbidden, '').replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? '');

const element = (name: string, attributes: Readonly<Record<string, string>>, inner: readonly string[]): string => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  const head = `<${name}${written.join('')}`;
  return inner.length === 0 ? `${head}/>` : `${head}>${inner.join('\n')}</${name}>`;
};

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

type Outcome = 'passed' | 'failure' | 'skipped' | 'error';

/** A violation of severity info is told and fails nothing, as in the exit code. */
function outcomeOf({ verdict, check }: CheckResult): Outcome {
  if (verdict === 'could-not-tell') return 'error';
  if (verdict === 'not-applicable') return 'skipped';
  return verdict === 'fail' && check.severity !== 'info' ? 'failure' : 'passed';
}

/** What a person needs to act on a failure: why, what to do, the rows and the SQL. */
function detailsOf({ check, sample, statements }: CheckResult): string {
  const rows = sample.map((row) => JSON.stringify(row));
  return [check.reason, check.remedy, ...rows, ...statements.map(({ sql }) => sql)].join('\n');
}

function caseOf(result: CheckResult): string {
  const { check, violations, figure, note, durationMs } = result;
  const outcome = outcomeOf(result);
  const message = `${violations} violations: ${figure ?? check.title}`;
  const inner: Readonly<Record<Outcome, () => string[]>> = {
    passed: () => {
      const told = violations > 0 ? message : figure;
      return told === undefined ? [] : [element('system-out', {}, [content(told)])];
    },
    failure: () => [element('failure', { type: check.severity, message }, [content(detailsOf(result))])],
    skipped: () => [element('skipped', { message: note ?? '' }, [])],
    error: () => [element('error', { type: 'could-not-tell', message: note ?? '' }, [content(detailsOf(result))])],
  };
  const attributes = { name: check.id, classname: `apptop.${check.system}`, time: seconds(durationMs) };
  return element('testcase', attributes, inner[outcome]());
}

function counts(results: readonly CheckResult[]): Readonly<Record<string, string>> {
  const of = (wanted: Outcome) => String(results.filter((result) => outcomeOf(result) === wanted).length);
  const time = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    tests: String(results.length),
    failures: of('failure'),
    errors: of('error'),
    skipped: of('skipped'),
    time: seconds(time),
  };
}

/** The results as JUnit's XML: a suite for each system, a case for each check. */
export function junitReport(results: readonly CheckResult[], name: string): string {
  const systems = Map.groupBy(results, ({ check }) => check.system);
  const suites = [...systems].map(([system, group]) => {
    const timestamp = new Date(Math.min(...group.map(({ at }) => at))).toISOString().slice(0, 19);
    return element('testsuite', { name: system, timestamp, ...counts(group) }, group.map(caseOf));
  });
  const root = element('testsuites', { name, ...counts(results) }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

/** Whether something other than a file has the name: a pipe or a terminal is written to, never replaced. */
function isDevice(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile();
}

/** Where a file is that may be a link, also one to nothing yet. @throws as the file system does */
function followed(file: string): string {
  const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? followed(resolve(dirname(file), readlinkSync(file))) : file;
}

/**
 * Writes a report as a whole or not at all: who reads it meanwhile sees the old one.
 * @param option that named the file
 * @throws Problem usage
 */
export function writeReport(file: string, report: string, option = '--junit'): void {
  try {
    if (isDevice(file)) {
      writeFileSync(file, report);
      return;
    }
    const target = followed(file);
    const anew = `${target}.${process.pid}`;
    writeFileSync(anew, report);
    renameSync(anew, target);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Problem(
      'usage',
      `${option} ${file} can't be written: ${error.message}`,
      'check the folder and its rights',
    );
  }
}
