import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { type LoadedContext, type LoadOptions, loadContext } from '../../src/config/load.ts';
import type { Surroundings } from '../../src/config/surroundings.ts';
import type { ServerTarget } from '../../src/config/target.ts';

/** A person in an empty folder with an empty home: files and variables are added, then something is loaded. */
export class Folder implements Surroundings {
  readonly env: Record<string, string> = {};
  readonly folder: string;
  readonly home: string;
  readonly user = 'ada';

  constructor() {
    const root = mkdtempSync(join(tmpdir(), 'apptop-config-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    this.folder = join(root, 'work');
    this.home = join(root, 'home');
    for (const folder of [this.folder, this.home]) mkdirSync(folder);
  }

  /** Writes a file; a path that begins with `~/` lies in the home folder. */
  write(path: string, content: string | object, mode = 0o600): this {
    const file = path.startsWith('~/') ? join(this.home, path.slice(2)) : join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(file, mode);
    return this;
  }

  set(variables: Record<string, string>): this {
    Object.assign(this.env, variables);
    return this;
  }

  async load(options: LoadOptions = {}): Promise<LoadedContext> {
    const loaded = await loadContext(options, this);
    if (!loaded.ok) throw loaded.error;
    return loaded.value;
  }

  async context(options: LoadOptions = {}): Promise<Context> {
    return (await this.load(options)).context;
  }

  /** The target of a context that is a server. */
  async server(options: LoadOptions = {}): Promise<ServerTarget> {
    const { target } = await this.context(options);
    if (target.engine === 'sqlite') throw new Error(`expected a server, got ${target.path}`);
    return target;
  }

  /** What a person reads when the load fails: `what → remedy`. */
  async complaint(options: LoadOptions = {}): Promise<string> {
    const loaded = await loadContext(options, this);
    if (loaded.ok) throw new Error(`expected a failure, got ${JSON.stringify(loaded.value.context.target)}`);
    return `${loaded.error.message} → ${loaded.error.remedy}`;
  }
}
