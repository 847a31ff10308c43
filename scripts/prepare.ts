import { rm, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';

await build();
// npm links the commands of dependencies only; with this one `npx apptop` runs the checkout's program on its own Node.
const link = fileURLToPath(new URL('../node_modules/.bin/apptop', import.meta.url));
await rm(link, { force: true });
await symlink('../../bin/apptop.js', link);
