import { stateGrant } from '../data/denied.ts';
import { loadEngine } from '../data/engines.ts';
import { STATE_TABLES, stateTable } from '../data/state/tables.ts';
import type { ChangeGround, ChangeKind, Gate } from './change.ts';
import { green, red, runsOf } from './gates.ts';
import { isKind } from './patience.ts';

/** How the account stands, and whether it can read what other changes left: without that no other gate can be asked. */
export interface RightsGate {
  readonly gate: Gate;
  readonly readable: boolean;
}

const TITLE = 'the account may do it';

async function isRefused(ground: ChangeGround): Promise<boolean> {
  try {
    await runsOf(ground, 1);
    return false;
  } catch (error) {
    if (isKind(error, 'refused')) return true;
    throw error;
  }
}

/** Whether the account may do all that a change does, by the server's own word; what that does not tell is no reason to refuse. */
export async function rightsGate(
  ground: ChangeGround,
  { tier, tables }: ChangeKind,
  alters: boolean,
): Promise<RightsGate> {
  const { context, database, options } = ground;
  const engine = await loadEngine(context.target.engine);
  const { table } = context;
  const asked = await database.introspect(options, async (introspection, connection) => {
    const state = [];
    for (const name of STATE_TABLES) {
      const columns = await introspection.columns(connection, stateTable(table, name));
      if (columns.length > 0) state.push(await engine.rights(connection, stateTable(table, name)));
    }
    // About other tables the changes of a schema find out for themselves, object by object.
    return { own: tables === undefined ? await engine.rights(connection, table) : undefined, state };
  });
  const { own, state } = asked;
  const lacking: (readonly [what: string, grant: string])[] = [];
  const user = database.server?.user;
  if (tier === 'typed' && own?.writes.includes('UPDATE') === false) {
    lacking.push([`UPDATE ${table.name}`, `GRANT UPDATE ON ${table.name} TO ${user ?? 'this account'}`]);
  }
  if (alters && own?.alters.may === false) lacking.push([`ALTER ${table.name}`, own.alters.grant]);
  if (state.length < STATE_TABLES.length && own?.creates.may === false) {
    lacking.push(['CREATE tables beside it', own.creates.grant]);
  }
  // MySQL shows no table of which the account may nothing, and refuses to say that one is not there.
  const unreadable = state.some(({ reads }) => !reads) || (await isRefused(ground));
  if (
    unreadable ||
    state.some(({ writes }) => !['INSERT', 'UPDATE', 'DELETE'].every((word) => writes.includes(word)))
  ) {
    lacking.push([unreadable ? 'read what other changes left' : 'write to the tables apptop_…', stateGrant(user)]);
  }
  if (lacking.length === 0 || own?.complete === false)
    return { gate: green('rights', TITLE, 'by its privileges'), readable: true };
  const what = lacking.map(([word]) => word).join(', ');
  const remedy = `let an administrator see to it: ${lacking.map(([, grant]) => grant).join('; ')}`;
  return { gate: red('rights', TITLE, `it may not ${what}`, remedy), readable: !unreadable };
}
