#!/usr/bin/env node
// Everything down to the check must parse on any Node that people still have.
var major = parseInt(process.versions.node, 10);
if (major < 22) {
  console.error(
    'apptop: needs Node 22 or newer, this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '): in a checkout use "npx apptop" or "npm run demo", which bring their own; elsewhere install a newer Node',
  );
  process.exit(3);
}

import('node:module')
  .then(function (module) {
    var home = process.env.HOME;
    var caches = process.env.XDG_CACHE_HOME || (home && home + '/.cache');
    // Node's default, a folder in the shared /tmp, could be planted by somebody else.
    if (caches && module.enableCompileCache) module.enableCompileCache(caches + '/apptop');
    return import('../dist/cli.js');
  })
  .catch(function (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/dist.cli\.js/.test(error.url || error.message)) throw error;
    console.error('apptop: dist/cli.js is missing: build it with "npm run build"');
    process.exit(3);
  });
