import type { Target } from '../config/target.ts';
import type { Engine } from './connection.ts';
import type { WritingEngine } from './writing.ts';

const LOADERS: Readonly<Record<Target['engine'], () => Promise<{ readonly engine: Engine }>>> = {
  sqlite: () => import('./sqlite/index.ts'),
  mysql: () => import('./mysql/index.ts'),
  postgres: () => import('./postgres/index.ts'),
};

const WRITING: Readonly<Record<Target['engine'], () => Promise<{ readonly writing: WritingEngine }>>> = {
  sqlite: () => import('./sqlite/writing.ts'),
  mysql: () => import('./mysql/writing.ts'),
  postgres: () => import('./postgres/writing.ts'),
};

/** The engine of a target, loaded when first asked for, so that a connection loads only its own driver. */
export async function loadEngine(name: Target['engine']): Promise<Engine> {
  return (await LOADERS[name]()).engine;
}

/** What changing a database takes, loaded only by a change. */
export async function loadWriting(name: Target['engine']): Promise<WritingEngine> {
  return (await WRITING[name]()).writing;
}
