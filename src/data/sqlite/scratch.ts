import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeFolder, stateFolder } from '../../config/state.ts';
import { ownerOf, type Scratch, type ScratchPlaces, scratchName } from '../scratch.ts';

const folder = (): string => join(stateFolder(), 'drills');
const ENDING = '.sqlite';

const scratchOf = (name: string): Scratch => ({
  name,
  target: { engine: 'sqlite', path: join(folder(), `${name}${ENDING}`) },
  schema: undefined,
});

/** Whether a process of this machine runs; one of another user's does too. */
function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Files of this machine's own. */
export const scratch: ScratchPlaces = {
  async make() {
    const made = scratchOf(scratchName(String(process.pid)));
    makeFolder(folder());
    if (made.target.engine === 'sqlite') writeFileSync(made.target.path, '', { mode: 0o600 });
    return made;
  },

  async abandoned() {
    const names = existsSync(folder()) ? readdirSync(folder()).map((file) => basename(file, ENDING)) : [];
    return names.flatMap((name) => {
      const owner = ownerOf(name);
      return owner === undefined || isAlive(Number(owner)) ? [] : [scratchOf(name)];
    });
  },

  async drop(_session, { name, target }) {
    if (ownerOf(name) === undefined || target.engine !== 'sqlite') throw new Error(`${name} is no scratch file`);
    for (const suffix of ['-wal', '-shm', '-journal', '']) rmSync(target.path + suffix, { force: true });
  },
};
