import { join } from 'node:path';
import { apiRetriesMeasure } from './measures/api-retries.ts';
import { backfillMeasure } from './measures/backfill.ts';
import { bytesMeasure } from './measures/bytes.ts';
import { ceremonyMeasure } from './measures/ceremony.ts';
import { changesMeasure } from './measures/changes.ts';
import { checksMeasure } from './measures/checks.ts';
import { drillMeasure } from './measures/drill.ts';
import { idleMeasure } from './measures/idle.ts';
import { keysMeasure } from './measures/keys.ts';
import { memoryMeasure } from './measures/memory.ts';
import { refreshMeasure } from './measures/refresh.ts';
import { reportMeasure } from './measures/report.ts';
import { retryMeasure } from './measures/retry.ts';
import { reviewMeasure } from './measures/review.ts';
import { shareMeasure } from './measures/share.ts';
import { startMeasure } from './measures/start.ts';
import type { Measure } from './support/figure.ts';
import { machineOf } from './support/machine.ts';
import { readOptions } from './support/options.ts';
import { output } from './support/programs.ts';
import { type Measured, tableOf, writeResults } from './support/report.ts';
import { Stage } from './support/stage.ts';

const MEASURES: readonly Measure[] = [
  startMeasure,
  bytesMeasure,
  keysMeasure,
  refreshMeasure,
  shareMeasure,
  memoryMeasure,
  idleMeasure,
  checksMeasure,
  changesMeasure,
  reviewMeasure,
  retryMeasure,
  apiRetriesMeasure,
  backfillMeasure,
  ceremonyMeasure,
  drillMeasure,
  reportMeasure,
];

const options = readOptions(
  process.argv.slice(2),
  MEASURES.map(({ name }) => name),
);
// In a process of its own, as esbuild would stay in this one.
await output([process.execPath, join(import.meta.dirname, '..', 'scripts', 'build.ts')]);
const stage = await Stage.open();
try {
  const machine = await machineOf(stage);
  const measured: Measured[] = [];
  for (const measure of MEASURES.filter(({ name }) => options.names.includes(name))) {
    process.stderr.write(`bench: ${measure.name}\n`);
    measured.push({ measure, figures: await measure.run(stage, options) });
    // What is measured stays, should a later measure fail.
    writeResults(machine, options, measured);
  }
  console.log(tableOf(measured));
} finally {
  await stage.close();
}
