import { expect, test } from 'vitest';
import lock from '../../package-lock.json' with { type: 'json' };

interface Package {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A lock made while the registry did not answer for every platform lacks those packages, and `npm ci` refuses it. */
test('the lock has the packages of every platform', () => {
  const packages = Object.entries<Package>(lock.packages);
  const wanted = packages.flatMap(([, one]) => Object.keys(one.optionalDependencies ?? {}));
  const locked = new Set(packages.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
});
