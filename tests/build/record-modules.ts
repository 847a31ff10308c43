import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** With `node --import`: at exit, the URLs of all modules that the program loaded are in the file $MODULES_FILE. */
const loaded: string[] = [];
registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url);
    return nextLoad(url, context);
  },
});
process.on('exit', () => writeFileSync(process.env.MODULES_FILE ?? '', loaded.join('\n')));
