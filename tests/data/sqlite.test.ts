import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';

for (const engine of ENGINES.filter(({ name }) => name === 'sqlite')) {
  describe('opening a SQLite file', () => {
    let folder: string;

    beforeAll(async () => {
      const db = await engine.database();
      folder = dirname(db.url);
      return () => db.drop();
    });

    const opening = (path: string) => engine.connect({ engine: 'sqlite', path });

    test('that is not there is missing by its path, and it is not created', async () => {
      const path = join(folder, 'no-such-file.sqlite');
      await expect(opening(path)).rejects.toMatchObject({ kind: 'missing', message: expect.stringContaining(path) });
      expect(existsSync(path)).toBe(false);
    });

    test('that is a folder is missing: the file in it has to be named', async () => {
      await expect(opening(folder)).rejects.toMatchObject({
        kind: 'missing',
        remedy: expect.stringContaining('in it'),
      });
    });

    test('that is something else is refused', async () => {
      const path = join(folder, 'notes.sqlite');
      writeFileSync(path, 'milk, bread, eggs\n'.repeat(100));
      await expect(opening(path)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(path) });
    });
  });
}
