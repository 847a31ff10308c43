import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Target } from '../../src/config/target.ts';

const ARTISAN = join(import.meta.dirname, 'app', 'artisan.php');

/** Drivers by the names of Laravel's config. */
const DRIVERS: Readonly<Record<Target['engine'], string>> = { sqlite: 'sqlite', mysql: 'mysql', postgres: 'pgsql' };

/** The database as Laravel's `.env` names it. */
function settingsOf(target: Target): Readonly<Record<string, string>> {
  const DB_CONNECTION = DRIVERS[target.engine];
  if (target.engine === 'sqlite') return { DB_CONNECTION, DB_DATABASE: target.path };
  return {
    DB_CONNECTION,
    DB_HOST: target.host,
    DB_PORT: String(target.port),
    DB_DATABASE: target.database ?? '',
    DB_USERNAME: target.user ?? '',
    DB_PASSWORD: target.password ?? '',
  };
}

/** The Laravel application of these tests, with its queue in a database. */
export class Application {
  readonly #php: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(php: string, target: Target) {
    this.#php = php;
    this.#environment = settingsOf(target);
  }

  /** Laravel's own migrations of the queue's tables. */
  migrate(): Promise<string> {
    return this.artisan(['migrate']);
  }

  /** Queues a job of the application about each of some appointments. */
  dispatch(
    job: 'SyncAppointment' | 'SyncSecretly' | 'SyncUntil',
    ids: readonly number[],
    reason = '',
  ): Promise<string> {
    return this.artisan(['dispatch', job, ids.join(','), reason]);
  }

  /** Cancels an appointment, for which a listener is queued. */
  cancel(id: number): Promise<string> {
    return this.artisan(['cancel', String(id)]);
  }

  /**
   * A real worker, until no job is left.
   * @param status what Cal.com answers
   * @returns uuids of the jobs that succeeded, in their order
   */
  async work(status: 200 | 401 = 200): Promise<readonly string[]> {
    const printed = await this.artisan(['work'], { CALCOM_STATUS: String(status) });
    return printed.split('\n').filter((line) => line !== '');
  }

  /** @throws Error with what it said, where it fails or says anything on standard error */
  artisan(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'], ...this.#environment, ...environment };
      execFile(this.#php, [ARTISAN, ...words], { env, maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
        if (error === null && stderr === '') resolve(stdout);
        else reject(new Error(`artisan ${words[0]} failed: ${stderr}${stdout}`.slice(0, 5_000), { cause: error }));
      });
    });
  }
}
