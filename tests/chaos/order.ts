import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { Target } from '../../src/config/target.ts';
import type { ProblemKind } from '../../src/model/problem.ts';
import type { Run } from '../../src/model/run.ts';

/** What an operator's process is told to do. */
export interface Order {
  readonly target: Target;
  /** undefined: go on with the run that has not ended, whoever holds it. */
  readonly change: string | undefined;
  /** The path of a dump. */
  readonly backup: string;
}

/** What an operator's process tells its parent. */
export type Told =
  /** All is loaded and looked at; what comes now is the run. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly changed: number; readonly reason: string | undefined }
  | { readonly kind: 'end'; readonly run: Run | undefined }
  | { readonly kind: 'problem'; readonly problem: ProblemKind; readonly message: string };

export const contextOf = (target: Target): Context => ({
  ...defaultContext('test', target),
  environment: 'staging',
  access: 'operate',
});
