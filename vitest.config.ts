import { defineConfig } from 'vitest/config';
import { INK_TABLE, inkTableAsModule } from './scripts/ink-table.ts';

export default defineConfig({
  plugins: [
    {
      name: 'ink-table-as-module',
      transform: (code, id) => (INK_TABLE.test(id) ? { code: inkTableAsModule(code), map: null } : undefined),
    },
  ],
  test: {
    include: ['tests/**/*.test.{ts,tsx}'],
    globalSetup: ['tests/engines/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    server: { deps: { inline: ['ink-table'] } },
  },
});
