import { type CalcomOptions, type CalcomServer, startCalcom } from '../../tests/calcom/server.ts';

/** What this process is told: to start a server in place of the one before, or to say what that has counted. */
export type Told = { readonly start: CalcomOptions } | 'count';
/** What it says then. */
export type Said =
  | { readonly baseUrl: string; readonly key: string }
  | { readonly most: number; readonly refused: number; readonly bookings: number };

let server: (CalcomServer & { readonly baseUrl: string }) | undefined;

async function answer(told: Told): Promise<Said> {
  if (told === 'count') return { most: 0, refused: 0, ...server?.counted, bookings: server?.bookings.all.length ?? 0 };
  await server?.[Symbol.asyncDispose]();
  server = await startCalcom(told.start);
  return { baseUrl: server.baseUrl, key: server.key };
}

process.on('message', (told: Told) => void answer(told).then((said) => process.send?.(said)));
// Its server would keep it.
process.once('disconnect', () => void server?.[Symbol.asyncDispose]());
