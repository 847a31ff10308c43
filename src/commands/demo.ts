import type { Context } from '../config/context.ts';
import { defaultContext } from '../config/resolve.ts';
import { DEFAULT_LARAVEL } from '../config/retry.ts';
import { createDemo } from '../data/demo/create.ts';
import { Problem } from '../model/problem.ts';
import { type DemoOptions, EXIT, type ExitCode } from './command.ts';

/** From one row of each class up to a file of about 4 GB. */
const FEWEST_ROWS = 8;
const MOST_ROWS = 10_000_000;
/** From here on it takes more than a second. */
const NOTED_ROWS = 100_000;

/**
 * Makes a demo database that lives as long as this process and opens the console on it. Without a terminal on stdout
 * it prints the status once and answers 0: the demo's problems are its point.
 * @throws Problem usage, when the number of rows is out of range
 */
export async function run(options: DemoOptions): Promise<ExitCode> {
  const { rows, still } = options;
  if (rows !== undefined && !(Number.isInteger(rows) && rows >= FEWEST_ROWS && rows <= MOST_ROWS)) {
    throw new Problem(
      'usage',
      `--rows ${rows} is out of range`,
      `give a whole number from ${FEWEST_ROWS}, one row of each class, to ${MOST_ROWS}`,
    );
  }
  if (rows !== undefined && rows >= NOTED_ROWS) process.stderr.write(`apptop: making ${rows} appointments …\n`);
  const demo = await createDemo(rows, Date.now());
  try {
    // Nobody depends on it: what there is to change can be tried here.
    const context: Context = {
      ...defaultContext('demo', { engine: 'sqlite', path: demo.path }),
      environment: 'local',
      access: 'operate',
      retry: { strategy: 'laravel-queue', laravel: DEFAULT_LARAVEL, command: undefined, calcomApi: undefined },
    };
    if (!process.stdout.isTTY) {
      const { printStatus } = await import('./status.ts');
      await printStatus(context, { ...options, json: false });
      return EXIT.healthy;
    }
    if (!still) demo.simulate();
    const { openConsole } = await import('./console.ts');
    const { History } = await import('../live/history.ts');
    const { Results } = await import('../checks/results.ts');
    const memory = { history: new History(undefined, demo.history), results: new Results(undefined) };
    return await openConsole(context, options, memory);
  } finally {
    demo.remove();
  }
}
