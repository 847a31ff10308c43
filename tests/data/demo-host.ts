import { createDemo } from '../../src/data/demo/create.ts';

// A process that holds a demo database with its simulator until a signal ends it.
const demo = await createDemo(undefined, Date.now());
demo.simulate();
console.log(demo.path);
setInterval(() => {}, 1_000);
