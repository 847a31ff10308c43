import { setTimeout as sleep } from 'node:timers/promises';
import { checksOf } from '../../src/checks/all.ts';
import { Results } from '../../src/checks/results.ts';
import { select } from '../../src/checks/select.ts';
import { watch } from '../../src/commands/check/watch.ts';
import { interruption } from '../../src/commands/interruption.ts';
import { loadContext } from '../../src/config/load.ts';
import { openDatabase } from '../../src/data/database.ts';

// A process that watches checks of the config in its folder, more often than the command line lets a person: those named,
// or two.
const loaded = await loadContext({});
if (!loaded.ok) throw loaded.error;
const { context } = loaded.value;
const database = await openDatabase(context);
const named = process.argv.slice(2);
const ids = named.length === 0 ? ['sync/columns', 'sync/review-queue'] : named;
const checks = select(await checksOf(context), { ids });
const session = { context, database, checks, results: new Results(undefined), interruption: interruption() };
const code = await watch(session, 100, false);
await Promise.race([database.close(), sleep(1_000)]);
process.exit(code);
