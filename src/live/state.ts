import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../config/context.ts';

/** The folder for what apptop remembers, by the XDG base directory specification. */
const stateFolder = (): string => join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'apptop');

/** Stands for a database by where it is, since the same name means another one in another folder. */
function digestOf({ target, table }: Context): string {
  const place =
    target.engine === 'sqlite' ? target.path : [target.host, target.port, target.socket, target.database].join(' ');
  const digest = createHash('sha256').update(`${target.engine} ${place} ${table.schema} ${table.name}`).digest('hex');
  return digest.slice(0, 16);
}

const ENDINGS = { history: 'jsonl', checks: 'json' } as const;

/** The file of what is remembered of a database: the same one for every process that looks at it. */
export const stateFile = (context: Context, what: keyof typeof ENDINGS): string =>
  join(stateFolder(), what, `${digestOf(context)}.${ENDINGS[what]}`);
