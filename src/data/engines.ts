import type { Target } from '../config/target.ts';
import type { Engine } from './connection.ts';

const LOADERS: Readonly<Record<Target['engine'], () => Promise<{ readonly engine: Engine }>>> = {
  sqlite: () => import('./sqlite/index.ts'),
  mysql: () => import('./mysql/index.ts'),
  postgres: () => import('./postgres/index.ts'),
};

/** The engine of a target, loaded when first asked for, so that a connection loads only its own driver. */
export async function loadEngine(name: Target['engine']): Promise<Engine> {
  return (await LOADERS[name]()).engine;
}
