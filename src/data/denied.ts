import { STATE_TABLES } from './state/tables.ts';

const STATE_TABLE = new RegExp(`\\b(${STATE_TABLES.join('|')})\\b`);

/** What lets an account work with the tables beside the data, which belong to whoever made the first change. */
export const stateGrant = (user: string | undefined): string =>
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${STATE_TABLES.join(', ')} TO ${user ?? 'this account'}`;

/** What to do about a privilege that a server misses. */
export const remedyOfDenied = (message: string, user: string | undefined): string =>
  STATE_TABLE.test(message)
    ? `let their owner run, on MySQL table by table: ${stateGrant(user)}`
    : 'let an administrator grant the privilege, or go without';
