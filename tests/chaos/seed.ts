import { randomInt } from 'node:crypto';
import { randomOf } from '../../src/data/demo/random.ts';

const given = process.env['APPTOP_CHAOS_SEED'];

/** What every random choice of a run of this suite follows from. */
const SEED = given ? Number(given) : randomInt(2 ** 32);

/** Kills of each engine's operator: `npm run chaos` asks for 200. */
export const KILLS = Number(process.env['APPTOP_CHAOS_KILLS'] || 3);

/** The long form repeats what is random. */
export const LONG = KILLS > 3;

/** Choices of one scenario on one engine: the same for the same seed, whatever else runs. */
export function randomFor(scenario: string) {
  console.log(`${scenario}: APPTOP_CHAOS_SEED=${SEED}`);
  const mixed = [...scenario].reduce((hash, letter) => Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0), SEED);
  return randomOf(mixed);
}

export type Random = ReturnType<typeof randomFor>;
