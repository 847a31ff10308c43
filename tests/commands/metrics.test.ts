import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES, type PlantedRow, type TestEngine } from '../engines/engines.ts';
import { Operator, urlOf } from './operator.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const SAMPLE = /^(?<name>[a-z_]+)(?:\{(?<labels>(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (?<value>-?\d[\d.e+-]*)$/;

/** Reads the text format strictly: each family has one help and one type before its samples, each series is there once. */
function read(text: string): readonly Family[] {
  expect(text.endsWith('\n')).toBe(true);
  const families: { name: string; help: string; type: string; samples: Family['samples'][number][] }[] = [];
  const series = new Set<string>();
  for (const line of text.trimEnd().split('\n')) {
    const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    if (name !== '') {
      families.push({ name, help, type: '', samples: [] });
      continue;
    }
    const family = families.at(-1);
    const [, typed, type] = /^# TYPE (\S+) (\w+)$/.exec(line) ?? [];
    if (family !== undefined && typed !== undefined && type !== undefined) {
      if (typed !== family.name || family.type !== '' || family.samples.length > 0)
        throw new Error(`misplaced: ${line}`);
      family.type = type;
      continue;
    }
    const { name: sampled, labels = '', value } = SAMPLE.exec(line)?.groups ?? {};
    expect([line, sampled]).toEqual([line, family?.name]);
    expect(series).not.toContain(`${sampled}{${labels}}`);
    series.add(`${sampled}{${labels}}`);
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [
      key,
      text.replaceAll(/\\(.)/g, '$1'),
    ]);
    family?.samples.push({ labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return families;
}

/** What is no base unit. Source: promtool's linter, client_golang/prometheus/testutil/promlint/validations. */
const SCALED =
  /_(milli|micro|nano|kilo|mega|giga)?(minutes|hours|days|weeks|milliseconds|microseconds|kilobytes|megabytes|percent|percentage)(_|$)/;
const ABBREVIATED = /_(s|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d)(_|$)/;
const TYPE_IN_NAME = /_(gauge|counter|summary|histogram|untyped)(_|$)/;

/** What promtool check metrics would complain about. */
function complaints(families: readonly Family[]): readonly string[] {
  const names = families.map(({ name }) => name);
  return families.flatMap(({ name, help, type, samples }) => {
    const labels = samples.flatMap((sample) => Object.keys(sample.labels));
    const rules: readonly [broken: boolean, rule: string][] = [
      [names.indexOf(name) !== names.lastIndexOf(name), 'metric not unique'],
      [help.trim() === '', 'no help text'],
      [type === 'gauge' && name.endsWith('_total'), 'non-counter metrics should not have "_total" suffix'],
      [/_(count|sum|bucket)$/.test(name), 'suffixes of histograms and summaries are for those'],
      [labels.includes('le') || labels.includes('quantile'), 'labels of histograms and summaries are for those'],
      [SCALED.test(name), 'use base units'],
      [ABBREVIATED.test(name), 'metric names should not contain abbreviated units'],
      [TYPE_IN_NAME.test(name), 'metric name should not include its type'],
      [/[A-Z:]/.test(name) || labels.some((label) => /[A-Z]/.test(label)), 'names should be written in snake_case'],
      [labels.some((label) => label.startsWith('__')), 'labels with __ are reserved'],
    ];
    return rules.filter(([broken]) => broken).map(([, rule]) => `${name}: ${rule}`);
  });
}

/** The value of a series; undefined when there is none. */
const valueOf = (families: readonly Family[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  families
    .find((family) => family.name === name)
    ?.samples.find((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))?.value;

async function measured(engine: TestEngine, rows: readonly PlantedRow[]) {
  const db = await engine.database();
  await engine.createAppointments(db);
  await engine.insert(db, 'appointments', rows);
  return { db, metrics: (...args: string[]) => new Operator().run('metrics', '--url', urlOf(db), ...args) };
}

for (const engine of ENGINES) {
  describe(`metrics of ${engine.name}`, () => {
    test('are the figures of the status and of every check, as the linter of Prometheus wants them', async () => {
      const { metrics } = await measured(engine, seedRows(Date.now()));
      const { code, stdout, stderr } = await metrics();
      expect([code, stderr]).toEqual([0, '']);
      const families = read(stdout);
      expect(complaints(families)).toEqual([]);
      const value = (name: string, labels?: Record<string, string>) => valueOf(families, name, labels);
      expect(value('apptop_up')).toBe(1);
      expect(value('apptop_rows', { class: 'misplaced' })).toBe(102);
      expect(families.find(({ name }) => name === 'apptop_rows')?.samples).toHaveLength(8);
      expect(value('apptop_sync_rows', { window: '24h', status: 'synced' })).toBe(67);
      expect(value('apptop_sync_success_ratio', { window: '24h' })).toBeCloseTo(67 / 72);
      expect(value('apptop_sync_latency_seconds', { window: '1h', stat: 'average' })).toBeCloseTo(4.1, 1);
      expect(value('apptop_review_rows')).toBe(5);
      expect(value('apptop_review_oldest_seconds')).toBeGreaterThan(3 * 3_600);
      expect(Math.abs(Number(value('apptop_snapshot_timestamp_seconds')) - Date.now() / 1000)).toBeLessThan(60);
      const check = 'booking-ids/none-misplaced';
      expect(value('apptop_check_violations', { check, severity: 'error' })).toBe(102);
      expect(value('apptop_check_state', { check, verdict: 'fail' })).toBe(1);
      expect(value('apptop_check_state', { check, verdict: 'pass' })).toBe(0);
      expect(value('apptop_check_duration_seconds', { check })).toBeLessThan(10);
      const absent = 'calendar-schema/unique-events';
      expect(value('apptop_check_state', { check: absent, verdict: 'not-applicable' })).toBe(1);
      expect(value('apptop_check_violations', { check: absent })).toBeUndefined();
    });

    test('leave the checks out on demand, and what the table has no columns for', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { without: ['calcom_sync_status', 'requires_manual_review'] });
      const { stdout } = await new Operator().run('metrics', '--url', urlOf(db), '--snapshot-only');
      const names = read(stdout).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['apptop_up', 'apptop_rows', 'apptop_snapshot_timestamp_seconds']));
      expect(names.filter((name) => /check|sync_rows|review/.test(name))).toEqual([]);
    });

    test('say that the database is down, with 3', async () => {
      const { code, stdout, stderr } = await new Operator().run(
        'metrics',
        '--url',
        `${urlOf(await engine.database())}_gone`,
      );
      const families = read(stdout);
      expect(families.map(({ name, samples }) => [name, samples])).toEqual([['apptop_up', [{ labels: {}, value: 0 }]]]);
      expect([code, stderr.trimEnd().split('\n')]).toEqual([3, [expect.stringMatching(/^apptop: .*: /)]]);
    });
  });
}

for (const engine of ENGINES.filter(({ name }) => name !== 'mysql')) {
  // MySQL's column is an enum.
  test(`a hostile status on ${engine.name} stays within its label`, async () => {
    const statuses = ['a"} 7\nb', '\\', 'a\u001b[2J', null, '(null)'];
    const { metrics } = await measured(
      engine,
      statuses.map((calcom_sync_status) => ({
        calcom_sync_status,
        sync_origin: 'api',
        created_at: new Date(Date.now() - 60_000).toISOString().slice(0, 19).replace('T', ' '),
      })),
    );
    const { stdout } = await metrics('--snapshot-only');
    const families = read(stdout);
    const rows = families.find(({ name }) => name === 'apptop_sync_rows')?.samples ?? [];
    const lastHour = rows
      .filter(({ labels }) => labels['window'] === '1h')
      .map(({ labels, value }) => [labels['status'], value]);
    expect(new Map(lastHour.map(([status, value]) => [status, value]))).toEqual(
      new Map([
        ['a"} 7␊b', 1],
        ['\\', 1],
        ['a␛[2J', 1],
        ['(null)', 2],
      ]),
    );
  });
}
