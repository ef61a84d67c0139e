import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What each folder of src/ may import of the others, as docs/architecture.md says: the way of the data goes one way only. */
const allowedImports = {
  base: [],
  zfs: ['base'],
  streamline: ['base', 'zfs'],
  host: ['base', 'requests', 'zfs'],
  requests: ['base', 'streamline', 'zfs'],
  inventory: ['base', 'streamline', 'zfs', 'host', 'requests'],
  plan: ['base', 'streamline', 'zfs'],
  config: ['base', 'plan', 'streamline', 'zfs'],
  probe: ['base', 'inventory', 'plan', 'streamline', 'zfs', 'host', 'probe/questions', 'requests'],
  'probe/questions': ['base', 'plan', 'requests', 'streamline', 'zfs'],
  transfer: ['base', 'inventory', 'plan', 'probe', 'streamline', 'zfs', 'host', 'requests'],
  tasks: [
    ...['base', 'config', 'inventory', 'plan', 'probe', 'probe/questions'],
    ...['streamline', 'zfs', 'host', 'transfer'],
  ],
  gate: ['base', 'host', 'requests', 'streamline', 'transfer', 'zfs'],
  report: ['base', 'config', 'inventory', 'plan', 'probe', 'streamline', 'zfs', 'transfer', 'tasks'],
  'command-line': ['base', 'config', 'plan', 'report', 'streamline', 'zfs'],
  completion: ['base', 'command-line', 'host', 'streamline', 'zfs'],
};

/** These think and do nothing else: no Node, no SSH. */
const pureFolders = ['zfs', 'streamline', 'plan', 'config', 'probe/questions', 'requests'];

/** Commands may know all of them, and leave their words to `command-line/`. */
const folders = [...Object.keys(allowedImports), 'commands'];

const boundaries = Object.entries({ ...allowedImports, commands: folders }).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [
              ...folders
                .filter((other) => other !== folder && !allowed.includes(other))
                .map((other) => `**/${other}/**`),
              ...(folder === 'host' ? [] : ['ssh2']),
              ...(folder === 'command-line' ? [] : ['clipanion', 'typanion']),
              ...(pureFolders.includes(folder) ? ['node:*'] : []),
            ],
            message: `src/${folder}/ must not know this: see docs/architecture.md.`,
          },
        ],
      },
    ],
  },
}));

export default defineConfig(
  globalIgnores(['build/', 'dist/', 'node_modules/']),
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
  {
    files: ['src/launch.cjs', 'scripts/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['Buffer', '__dirname', 'console', 'process', 'setTimeout'].map((name) => [name, 'readonly']),
      ),
    },
  },
  ...boundaries,
  {
    // Tasks are a library: what they need of the process is given to them.
    files: ['src/tasks/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'process', 'console'] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [
      'src/streamline/tag.ts',
      // The program's name before messages, user properties and the tags of holds begin like that, too.
      'src/report/error-text.ts',
      'src/zfs/role.ts',
      'src/zfs/snapshot.ts',
      'src/transfer/protection/source-holds.ts',
      'src/requests/fields.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'Literal[value=/zfs-vm:(?! |STREAMLINE:)/], TemplateElement[value.raw=/zfs-vm:(?! |STREAMLINE:)/]',
          message: 'What the names of versions begin with is for src/streamline/tag.ts to say.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { '@typescript-eslint/max-params': ['error', { max: 4 }] },
  },
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
