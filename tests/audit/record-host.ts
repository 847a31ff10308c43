import { Audit } from '../../src/audit/audit.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { parseUrl } from '../../src/config/url.ts';
import { loadEngine } from '../../src/data/engines.ts';
import { openWriting } from '../../src/data/writing.ts';
import { targetOf } from '../engines/writer.ts';

// A process that records so many intents in a database, and says so after each.
const [, , url = '', name = '', times = '0'] = process.argv;
const { engine } = url.includes('://') ? parseUrl(url) : { engine: 'sqlite' as const };
const target = engine === 'sqlite' ? { engine, path: url } : targetOf(engine, url);
const context = defaultContext('test', target);
const audit = new Audit(context, (await loadEngine(target.engine)).dialect);
const session = await openWriting(context);
for (let number = 1; number <= Number(times); number += 1) {
  await audit.record(session, { event: 'intent', change: `${name} ${number}` });
  console.log(number);
}
await session.close();
