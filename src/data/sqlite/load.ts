import type { Load } from '../writing.ts';

/** A file has no sessions to count and no replicas. */
export async function load(): Promise<Load> {
  return { runningThreads: undefined, replicaLagSeconds: undefined };
}
