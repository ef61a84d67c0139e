import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Folders that must not import the listed things: the way of the data goes one way only (docs/architecture.md). */
const forbiddenImports = {
  streamline: [
    'node:*',
    'ssh2',
    '**/host/**',
    '**/transfer/**',
    '**/report/**',
    '**/commands/**',
    '**/plan/**',
    '**/inventory/**',
  ],
  zfs: [
    'node:*',
    'ssh2',
    '**/host/**',
    '**/transfer/**',
    '**/report/**',
    '**/commands/**',
    '**/plan/**',
    '**/inventory/**',
  ],
  plan: ['node:*', 'ssh2', '**/host/**', '**/transfer/**', '**/report/**', '**/commands/**'],
  inventory: ['ssh2', '**/transfer/**', '**/report/**', '**/commands/**', '**/plan/**'],
  host: [
    '**/transfer/**',
    '**/report/**',
    '**/commands/**',
    '**/plan/**',
    '**/inventory/**',
    '**/streamline/**',
    '**/zfs/**',
  ],
  transfer: ['ssh2', '**/report/**', '**/commands/**'],
  report: ['ssh2', '**/commands/**', '**/host/**'],
};

export default defineConfig(
  globalIgnores(['build/', 'node_modules/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      curly: ['error', 'multi-line', 'consistent'],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
    },
  },
  ...Object.entries(forbiddenImports).map(([folder, group]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group, message: `src/${folder}/ must not know this: see docs/architecture.md.` }] },
      ],
    },
  })),
  {
    files: ['test/**/*.ts'],
    // node:test's `test()` and `describe()` return promises that its runner awaits.
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after'],
            },
          ],
        },
      ],
    },
  },
);
