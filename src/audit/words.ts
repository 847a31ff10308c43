import type { Operator } from './operator.ts';

/** Who somebody is, as a list says it: `ada@web1`, with sudo the person behind it. */
export const who = ({ user, sudoUser, host }: Operator): string => [sudoUser ?? user, host].filter(Boolean).join('@');
