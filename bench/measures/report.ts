import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckEvidence, evidenceText } from '../../src/runbooks/evidence.ts';
import { atMost, type Figure, type Measure } from '../support/figure.ts';
import { output } from '../support/programs.ts';
import { LAUNCHER, type Stage, type Stand } from '../support/stage.ts';
import { median } from '../support/statistics.ts';

const ROUNDS = 5;
const BATCHES = 10_000;
/** As many as a built-in runbook has. */
const STEPS = 26;
/** Checks of a whole system that each of them keeps. */
const CHECKS = 12;

const step = (index: number): string => `step-${index}`;

const DEFINITION = JSON.stringify({
  version: 1,
  id: 'long',
  title: 'Long',
  purpose: 'Moves very many ids.',
  phases: [
    {
      id: 'all',
      title: 'All',
      steps: Array.from({ length: STEPS }, (_, index) => ({
        id: step(index),
        title: `Step ${index}`,
        change: { id: 'move-booking-ids', action: 'run' },
      })),
    },
  ],
});

const CHECK: CheckEvidence = {
  id: 'booking-ids/none-misplaced',
  title: 'No V1 id stands in the V2 column',
  severity: 'error',
  verdict: 'fail',
  violations: 12_788,
  figure: '12,788 of 1,000,000 rows',
  remedy: 'plan the move: apptop change plan move-booking-ids',
  keys: ['101', '102', '103'],
  sql: ['SELECT id FROM appointments'],
  durationMs: 812,
};

/** A point for each batch: more than apptop keeps by itself, as a table may hold whatever somebody wrote into it. */
const points = Array.from({ length: BATCHES + 1 }, (_, batch): [number, number, number, number] => [
  batch * 40 + (batch % 7),
  batch * 1_000,
  batch * 500,
  800 + (batch % 400),
]);

const evidenceAt = (index: number): string =>
  evidenceText({
    checks: Array.from({ length: CHECKS }, () => CHECK),
    ...(index === 0 && {
      run: { id: 1, change: 'move-booking-ids', state: 'done', planned: 5_000_000, changed: 5_000_000 },
      batches: { count: BATCHES, points },
    }),
  });

/** Writes a run of a runbook whose first step worked in 10,000 batches into a database, and returns its config. */
async function planted(stage: Stage, stand: Stand): Promise<string> {
  const folder = join(stage.folder, `report-${stand.engine}`);
  mkdirSync(folder);
  const config = join(folder, 'apptop.json');
  const on = { connection: stand.url, environment: 'local', access: 'operate' };
  writeFileSync(config, JSON.stringify({ contexts: { on } }), { mode: 0o600 });
  const own = join(folder, 'own.json');
  const manual = { id: 'a', title: 'A', manual: { instructions: ['Do it.'] } };
  writeFileSync(own, JSON.stringify({ ...JSON.parse(DEFINITION), phases: [{ id: 'p', title: 'P', steps: [manual] }] }));
  // The tables as apptop makes them.
  await apptop(stage, config, 'runbook', 'run', '--file', own, '--tick', 'a=Ada');
  const writer = await stand.open();
  await writer.execute('UPDATE apptop_runbook SET definition = ?', [DEFINITION]);
  await writer.execute('DELETE FROM apptop_step');
  for (let index = 0; index < STEPS; index++) {
    await writer.execute(
      `INSERT INTO apptop_step (run, seq, kind, subject, state, operator, note, evidence, began_at, ended_at, worked_ms, claim, expires_at, mark)
        VALUES (1, ?, 'step', ?, 'passed', 'ada@web1', 'done', ?, 1790000000, 1790000400, 400000, '', 0, ?)`,
      [index + 1, step(index), evidenceAt(index), `mark-${index}`],
    );
  }
  await writer.close();
  return config;
}

const apptop = (stage: Stage, config: string, ...words: readonly string[]): Promise<string> =>
  output([process.execPath, LAUNCHER, ...words, '--config', config], { env: stage.environment });

export const reportMeasure: Measure = {
  name: 'report',
  title: `the report of a run with ${BATCHES.toLocaleString('en')} batches, from the start of the process to the page`,
  async run(stage) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) {
      const stand = await stage.stand(engine, { rows: 'seed', queue: false }, 'report');
      const config = await planted(stage, stand);
      const file = join(stage.folder, `${engine}.html`);
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const began = performance.now();
        await apptop(stage, config, 'runbook', 'report', '--html', '--out', file);
        times.push(performance.now() - began);
      }
      figures.push(
        atMost(2_000, { subject: `${engine}, time`, unit: 'ms', value: median(times) }),
        atMost(1, { subject: `${engine}, size`, unit: 'MB', value: statSync(file).size / 1_000_000 }),
      );
    }
    return figures;
  },
};
