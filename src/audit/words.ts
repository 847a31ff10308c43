import type { Operator } from './operator.ts';

/** Who somebody is, as a list says it: `ada@web1`, with sudo or su the person behind it. */
export const who = ({ user, login, sudoUser, host }: Operator): string =>
  [login ?? sudoUser ?? user, host].filter(Boolean).join('@');
