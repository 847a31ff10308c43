import { randomBytes } from 'node:crypto';
import type { Target } from '../config/target.ts';
import type { WritingSession } from './writing.ts';

/** A place where tables can be made and dropped without anybody noticing. */
export interface Scratch {
  /** Of the schema, database or file: it begins with `apptop_drill_` and says whose it is. */
  readonly name: string;
  readonly target: Target;
  /** Before the names of its tables; undefined where it is a database by itself. */
  readonly schema: string | undefined;
}

/** Such places beside one database. */
export interface ScratchPlaces {
  /** Makes one that belongs to a session, which stays open as long as it is used. @throws Problem */
  make(session: WritingSession, target: Target): Promise<Scratch>;
  /** Those whose session is gone, and with it whoever made them. Nothing else is ever among them. @throws Problem */
  abandoned(session: WritingSession, target: Target): Promise<readonly Scratch[]>;
  /** Drops one with all that is in it; nothing where it is gone. @throws Problem */
  drop(session: WritingSession, scratch: Scratch): Promise<void>;
}

/** The table in each of them by which it is told from what only has such a name. */
export const MARK = 'apptop_drill';

/** @param owner the number of the session, or of the process where there are no sessions */
export const scratchName = (owner: string): string => `${MARK}_${owner}_${randomBytes(4).toString('hex')}`;

/** Whose it is, by its name; undefined for any other name. */
export const ownerOf = (name: string): string | undefined => /^apptop_drill_(\d+)_[0-9a-f]{8}$/.exec(name)?.[1];
