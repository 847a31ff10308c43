import type { Context } from '../../src/config/context.ts';
import { type Figure, type Measure, timesAtMost } from '../support/figure.ts';
import { installed } from '../support/programs.ts';
import type { Stage } from '../support/stage.ts';
import { median } from '../support/statistics.ts';
import { Terminal } from '../support/terminal.ts';

const ROUNDS = 9;

/** A program to start and how its first useful frame is known. */
interface Start {
  readonly name: string;
  open(): Terminal;
  readonly shows: (screen: string) => boolean;
}

/** The total of the seed's rows, which stands nowhere before the figures are there. */
const showsTotal = (screen: string): boolean => screen.includes('128 rows');

function peers(stage: Stage, { target }: Context): readonly Start[] {
  if (target.engine === 'sqlite') return [];
  const { host, port, user = '', password = '', database = '' } = target;
  const address = ['-h', host, '-p', String(port), '-U', user];
  const options = { env: { ...stage.environment, PGPASSWORD: password } };
  const start = (command: readonly string[], shows: Start['shows']): Start => ({
    name: command[0] ?? '',
    open: () => new Terminal(command, options),
    shows,
  });
  return [
    start(['pg_activity', ...address, '-d', database], (screen) => /PID\s+DATABASE/.test(screen)),
    start(['pgcli', ...address, database], (screen) => screen.includes(`${database}>`)),
  ].filter(({ name }) => installed(name));
}

async function milliseconds({ name, open, shows }: Start): Promise<number> {
  const terminal = open();
  try {
    return (await terminal.until(`the first frame of ${name}`, shows)) - terminal.startedAt;
  } finally {
    await terminal.end();
  }
}

export const startMeasure: Measure = {
  name: 'start',
  title: 'from the start of the process to the first frame that shows data',
  async run(stage) {
    const stands = await Promise.all(
      stage.engines.map((engine) => stage.stand(engine, { rows: 'seed', queue: false })),
    );
    const own: Start[] = stands.map(({ engine, url }) => ({
      name: engine,
      open: () => stage.apptop(['--url', url]),
      shows: showsTotal,
    }));
    const postgres = stands.find(({ engine }) => engine === 'postgres');
    const all = [...own, ...(postgres === undefined ? [] : peers(stage, postgres.context))];
    const taken = new Map<string, number[]>(all.map(({ name }) => [name, []]));
    // The first round warms caches, and is thrown away.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const start of all) {
        const ms = await milliseconds(start);
        if (round > 0) taken.get(start.name)?.push(ms);
      }
    }
    const medianOf = (name: string): number | undefined => {
      const values = taken.get(name);
      return values && median(values);
    };
    return own.flatMap(({ name }): readonly Figure[] => {
      const figure = { subject: name, unit: 'ms', value: medianOf(name) } as const;
      return [
        timesAtMost(1, { ...figure, reference: { name: 'pg_activity', value: medianOf('pg_activity') } }),
        timesAtMost(0.5, { ...figure, reference: { name: 'pgcli', value: medianOf('pgcli') } }),
      ];
    });
  },
};
