/** Numbers that look random and are the same on every machine for the same seed. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  chance(share: number): boolean;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
  /** A value by its weight; the weights need not add up to anything. */
  weighted<Value>(choices: readonly [Choice<Value>, ...Choice<Value>[]]): Value;
  /** A version 4 UUID. */
  uuid(): string;
  /** A booking uid as Cal.com makes them: 22 characters. */
  uid(): string;
}

type Choice<Value> = readonly [weight: number, value: Value];

/** Cal.com's uids are short-uuids, in the letters and digits that nobody confuses. */
const UID_CHARACTERS = '123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';
const UID_LENGTH = 22;

/** Mulberry32: 32 bits of state and 3 ns a number, so that a million rows take seconds. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;

  function bits(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  const next = () => bits() / 0x1_0000_0000;
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const hex = () => bits().toString(16).padStart(8, '0');

  return {
    next,
    whole,
    chance: (share) => next() < share,
    pick: (values) => values[whole(0, values.length - 1)] ?? values[0],
    weighted(choices) {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of choices) {
        left -= weight;
        if (left < 0) return value;
      }
      return choices[0][1];
    },
    uuid() {
      const [a, b, c, d] = [hex(), hex(), hex(), hex()];
      const variant = '89ab'.charAt(whole(0, 3));
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
    uid() {
      let uid = '';
      while (uid.length < UID_LENGTH) uid += UID_CHARACTERS.charAt(whole(0, UID_CHARACTERS.length - 1));
      return uid;
    },
  };
}
