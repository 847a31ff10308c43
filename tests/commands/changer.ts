import { execFile, spawn } from 'node:child_process';
import type { ContextConfig } from '../../src/config/schema.ts';
import { type Ended, LAUNCHER } from '../build/program.ts';
import type { PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { Operator, urlOf } from './operator.ts';

type Shown = Readonly<Record<string, readonly (string | null)[]>>;

/** A command that was started and goes on. */
export interface Started {
  readonly ended: Promise<Ended>;
  signal(name: NodeJS.Signals): void;
}

/** An operator of one database, by commands in a folder with its config. */
export class Changer extends Operator {
  readonly db: TestDatabase;

  constructor(db: TestDatabase, context: Partial<ContextConfig> = {}) {
    super();
    this.db = db;
    this.write('dump.sql', 'a dump\n').configure(context);
  }

  /** Writes the config anew. */
  configure({ changes, ...context }: Partial<ContextConfig>): this {
    return this.write('apptop.json', {
      contexts: {
        on: {
          connection: urlOf(this.db),
          environment: 'staging',
          access: 'operate',
          changes: { backup: { file: 'dump.sql' }, ...changes },
          ...context,
        },
      },
    });
  }

  /** Starts a command that is signalled later, in a process of its own. */
  start(...args: string[]): Started {
    const child = spawn(process.execPath, [LAUNCHER, ...args], { cwd: this.folder, env: this.surroundings });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        said[name] += chunk.toString();
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => resolve({ code: code ?? -1, ...said }));
    });
    return { ended, signal: (name) => child.kill(name) };
  }

  /** What was printed under `To run it`, given to a shell as it stands, with what still has to be filled in. */
  runPrinted(plan: string, reason = 'OPS-1'): Promise<Ended> {
    const [, printed = ''] = plan.split('To run it\n');
    const script = `apptop() { '${process.execPath}' '${LAUNCHER}' "$@"; }\n${printed.replace('TICKET', reason)}`;
    return new Promise((resolve) => {
      const child = execFile(
        'sh',
        ['-c', script],
        { cwd: this.folder, env: this.surroundings },
        (_, stdout, stderr) => {
          resolve({ code: child.exitCode ?? -1, stdout, stderr });
        },
      );
    });
  }

  /** V1 id, V2 id and backup of each row, by primary key. */
  async ids(): Promise<Shown> {
    const rows = await this.db.execute('SELECT * FROM appointments ORDER BY id');
    return Object.fromEntries(
      rows.map((row) => [
        row['id'],
        [row['calcom_booking_id'] ?? null, row['calcom_v2_booking_id'] ?? null, row['_migration_backup_v2_id'] ?? null],
      ]),
    );
  }

  /** Waits until a run has changed more than so many rows, and tells how many it has. */
  changedOver(rows: number): Promise<number> {
    const changed = async () => {
      const [run] = await this.db.execute('SELECT counts FROM apptop_run ORDER BY id DESC LIMIT 1').catch(() => []);
      const counts: unknown = JSON.parse(run?.['counts'] ?? '{}');
      const now = typeof counts === 'object' && counts !== null && 'changed' in counts ? Number(counts.changed) : 0;
      return now > rows ? now : undefined;
    };
    return poll(changed, { deadlineMs: 15_000, what: `more than ${rows} rows changed` });
  }
}

/** A fresh database with these appointments, and who changes it. */
export async function changing(
  engine: TestEngine,
  rows: readonly PlantedRow[],
  context: Partial<ContextConfig> = {},
): Promise<Changer> {
  const db = await engine.database();
  await engine.createAppointments(db);
  await engine.insert(db, 'appointments', rows);
  return new Changer(db, context);
}
