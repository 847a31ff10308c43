import { defineConfig, type OxlintOverride } from 'oxlint';

/** From the top down: a file imports from its own folder and from those below. */
const LAYERS = [
  'commands',
  'screens',
  'runbooks',
  'rollback',
  'changes',
  'checks',
  'audit',
  'live',
  'data',
  'config',
  'model',
];

interface Restriction {
  readonly regex: string;
  readonly message: string;
}

const DRIVERS: Restriction = {
  regex: '^(better-sqlite3|mysql2|pg)(/|$)',
  message: 'Only src/data speaks to a driver.',
};
const INK: Restriction = {
  regex: '^(ink|ink-.*|react|react-.*)(/|$)',
  message: 'Only src/screens draws: a command without a screen never loads Ink.',
};
const ENGINES: Restriction = {
  regex: '(^|/)data/(sqlite|mysql|postgres)/',
  message: 'Only src/data knows the engines by name.',
};
const WRITING: Restriction = {
  regex: '(^|/)data/writing\\.ts$',
  message: 'Only the guarded path opens a session that writes, and the store of runbooks.',
};
const CLI: Restriction = { regex: '/cli\\.ts$', message: 'Nothing imports the command line.' };

const above = (layer: string): Restriction[] =>
  LAYERS.slice(0, LAYERS.indexOf(layer)).map((name) => ({
    regex: `^(\\.\\./)+${name}/`,
    message: `Imports point down: src/${layer} lies below src/${name}.`,
  }));

const restrict = (files: string, restrictions: readonly Restriction[]): OxlintOverride => ({
  files: [files],
  rules: { 'no-restricted-imports': ['error', { patterns: [...restrictions] }] },
});

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'react', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  ignorePatterns: ['dist', 'bench/results'],
  rules: {
    'no-empty': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
    'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
    'import/no-default-export': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'react/rules-of-hooks': 'error',
    'react/exhaustive-deps': 'error',
    // Of the two categories, what costs more than it finds here.
    'react/react-in-jsx-scope': 'off',
    'import/no-named-as-default-member': 'off', // CommonJS drivers
    'no-control-regex': 'off', // hostile values are our subject
    'no-shadow': 'off',
    'typescript/no-misused-spread': 'off', // code points of a string are what we mean
    'typescript/no-base-to-string': 'off', // values of unknown type from drivers
    'typescript/no-useless-default-assignment': 'off', // Node's types call a pipe's columns a number
    'typescript/require-array-sort-compare': 'off', // names, sorted as text
    'typescript/unbound-method': 'off', // interfaces of plain objects
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-reverse': 'off', // of arrays made on the spot
    'unicorn/no-array-sort': 'off',
    'vitest/expect-expect': 'off', // helpers that expect
  },
  overrides: [
    restrict('src/cli.ts', [
      DRIVERS,
      INK,
      ...LAYERS.filter((layer) => layer !== 'commands' && layer !== 'model').map((layer) => ({
        regex: `^\\./${layer}/`,
        message: 'The command line loads commands, nothing else.',
      })),
    ]),
    ...LAYERS.map((layer) =>
      restrict(`src/${layer}/**`, [
        CLI,
        ...above(layer),
        ...(layer === 'screens' ? [] : [INK]),
        ...(layer === 'data' ? [] : [DRIVERS, ENGINES]),
        ...(['data', 'audit', 'changes', 'rollback'].includes(layer) ? [] : [WRITING]),
      ]),
    ),
    restrict('src/runbooks/database-store.ts', [CLI, ...above('runbooks'), INK, DRIVERS, ENGINES]),
    { files: ['*.config.ts', 'tests/engines/global-setup.ts'], rules: { 'import/no-default-export': 'off' } },
    // The launcher is for Nodes that parse nothing newer.
    { files: ['bin/*.js'], rules: { 'no-var': 'off' } },
  ],
});
