import { build } from '../../scripts/build.ts';

/** Tests that start the program start what is in the checkout now. */
export async function setup(): Promise<void> {
  await build();
}
