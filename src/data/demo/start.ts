import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Beside this file in the source, beside the bundle in a build. */
const simulatorFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './simulator.ts' : './simulator.js', import.meta.url),
);

/**
 * Starts the simulator on a demo database. It ends with this process, whatever ends this process.
 * @returns a function that ends it at once
 */
export function startSimulator(path: string): () => void {
  // Its output would spoil the screen, and an empty environment keeps our secrets with us.
  const simulator = fork(simulatorFile, [path], {
    execArgv: [],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  simulator.unref();
  simulator.channel?.unref();
  return () => simulator.kill('SIGKILL');
}
