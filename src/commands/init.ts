import { dirname } from 'node:path';
import type { Context } from '../config/context.ts';
import { detectHere } from '../config/load.ts';
import { address } from '../config/redact.ts';
import { type Origin, placed, resolveContext } from '../config/resolve.ts';
import type { ContextConfig } from '../config/schema.ts';
import { absolute, here, type Surroundings, shown } from '../config/surroundings.ts';
import type { Target } from '../config/target.ts';
import { parseUrl } from '../config/url.ts';
import { anchored, checkFree, PASSWORD_VARIABLE, secretless, writeConfig } from '../config/write.ts';
import { inspectAppointments } from '../data/appointments.ts';
import type { Server } from '../data/connection.ts';
import { loadEngine } from '../data/engines.ts';
import { reach } from '../data/places.ts';
import { Problem } from '../model/problem.ts';
import { visible } from '../model/text.ts';
import { ask, askSecret, canAsk } from './ask.ts';
import { EXIT, type ExitCode, type InitOptions } from './command.ts';

/** Milliseconds to connect: a wrong address is told in under 5 s. */
const CONNECT_TIMEOUT_MS = 4_000;

/** A database that init was told of or found, as it will stand in the file. */
interface Found {
  readonly config: ContextConfig;
  readonly origin: Origin;
  readonly where: string;
}

/** A person left a question with Ctrl-C or Ctrl-D. */
class Left extends Error {}

/**
 * Finds a database (`--url`, a `.env`, `DATABASE_URL`) or asks for one, tries it, and writes a config without any secret.
 * @returns 1 when the config is written but the table is not there, 130 when the person left
 * @throws Problem: nothing found, a file that is there already, a connection that fails
 */
export async function run(options: InitOptions): Promise<ExitCode> {
  try {
    return await init(options, here());
  } catch (error) {
    if (error instanceof Left) return EXIT.interrupted;
    throw error;
  }
}

async function init(options: InitOptions, around: Surroundings): Promise<ExitCode> {
  const path = absolute(options.output ?? 'apptop.json', around.folder, around.home);
  const name = shown(path, around);
  checkFree(path, name, options.force);
  const found = find(options, around) ?? (await askFor(around));
  const notes: string[] = [];
  const context = await resolveContext(options.context, found.config, found.origin, around, notes);
  const { place, server, problem } = await tryOut(context);

  const beside = dirname(path) === around.folder;
  const { connection, environment } = found.config;
  const config: ContextConfig = {
    connection: beside ? connection : anchored(connection, around.folder, around.home),
    environment,
    access: 'read',
  };
  writeConfig(path, name, { contexts: { [context.name]: config } });

  const say = (text: string) => process.stdout.write(`${visible(text)}\n`);
  say(`wrote ${name} from ${found.where}: context ${context.name}, ${context.environment}, read-only`);
  say(`reached ${address(place)}: ${server.product} ${server.version}`);
  for (const text of notes) process.stderr.write(`apptop: ${visible(text)}\n`);
  for (const variable of unanswered(config, beside, around))
    say(`next: export ${variable}=…, which the config refers to`);
  if (problem === undefined) {
    const named = name === './apptop.json' ? '' : ` --config ${name}`;
    say(`next: apptop doctor${named} tests everything, apptop${named} opens the console`);
    return EXIT.healthy;
  }
  say(`next: ${problem.remedy}`);
  process.stderr.write(`apptop: ${visible(problem.message)}\n`);
  return EXIT.warning;
}

function find(options: InitOptions, around: Surroundings): Found | undefined {
  if (options.url !== undefined) return foundUrl(options.url, '--url', around);
  return detectHere(around);
}

/** A URL that somebody gave, its password kept for this session only. */
function foundUrl(url: string, where: string, around: Surroundings, asked?: string): Found {
  const { connection, password } = placed(where, () => secretless(url, asked));
  const variables = (name: string) => (name === PASSWORD_VARIABLE ? password : undefined) ?? around.env[name];
  return {
    config: { connection, environment: 'production' },
    origin: { at: () => where, folder: around.folder, variables },
    where,
  };
}

async function askFor(around: Surroundings): Promise<Found> {
  if (!canAsk()) {
    throw new Problem(
      'usage',
      'nothing here names a database: no .env with one and no DATABASE_URL',
      'give --url mysql://user@host/database, or run apptop init in a terminal to be asked',
    );
  }
  const where = 'your answers';
  const url = answered(await ask('database (mysql://user@host/name, postgres://user@host/name, sqlite:PATH)'));
  const wanted = placed(where, () => parseUrl(url));
  const asks = wanted.engine !== 'sqlite' && wanted.password === undefined;
  const password = asks ? answered(await askSecret('password (neither shown nor written; empty for none)')) : '';
  const word = answered(await ask('environment: production, staging or local', 'production')).toLowerCase();
  const environment = (['staging', 'local'] as const).find((known) => known === word) ?? 'production';
  const found = foundUrl(url, where, around, password || undefined);
  return { ...found, config: { ...found.config, environment } };
}

function answered(answer: string | undefined): string {
  if (answer === undefined) throw new Left();
  return answer;
}

interface TriedOut {
  readonly place: Target;
  readonly server: Server;
  /** What is wrong with the table. */
  readonly problem: Problem | undefined;
}

/**
 * Connects and looks for the table.
 * @throws Problem, when the connection fails
 */
async function tryOut(context: Context): Promise<TriedOut> {
  const engine = await loadEngine(context.target.engine);
  const { connection, place } = await reach(engine, context, CONNECT_TIMEOUT_MS);
  const { server } = connection;
  try {
    await inspectAppointments(context, connection, engine);
    return { place, server, problem: undefined };
  } catch (error) {
    if (error instanceof Problem && error.kind === 'missing') return { place, server, problem: error };
    throw error;
  } finally {
    await connection.close();
  }
}

/** The variables that a config asks for and that nothing will answer: only a `.env` beside the config is read. */
function unanswered(config: ContextConfig, besideDotenv: boolean, { env }: Surroundings): readonly string[] {
  const names = [...JSON.stringify(config).matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name);
  return names.filter((name) => env[name] === undefined && (!besideDotenv || name === PASSWORD_VARIABLE));
}
