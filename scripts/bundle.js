/**
 * Puts the built program and the packages it needs into one file, build/bundle/zfs-vm.cjs, with V8's code cache beside it. Loading
 * the hundreds of modules one by one and compiling them takes three times as long as everything else that a small run does.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { answers, bundle, values, writeCache } from '../src/launch.cjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Modules that ssh2 looks for, or always loads, and that nobody here needs. */
const leftOut = [
  // Addons: where there are none, it goes on without.
  { filter: /\.node$|^cpu-features$/, contents: "throw new Error('left out');" },
  // Its server, keys to be made, and agents for HTTP over SSH, which would load all of Node.js's HTTP and TLS.
  { filter: /^\.\/(server|keygen|http-agents)\.js$/, contents: 'module.exports = {};' },
];

/** The program; and what it loads only when that is needed, so that it gets into the code cache. */
const program = `
  export { main } from './main.js';
  export * as library from './index.js';
  export const loadLater = () => import('./host/connect/connect-host.js');
`;

/** How both are bundled. */
const common = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'warning' };

await build({
  ...common,
  entryPoints: [join(root, 'build/src/completion/print-values.js')],
  outfile: values,
  minify: true,
});

await build({
  ...common,
  stdin: { contents: program, resolveDir: join(root, 'build/src') },
  outfile: bundle,
  define: { 'import.meta.url': 'bundleUrl', builtVersion: JSON.stringify(version) },
  // `src/launch.cjs` reads it so.
  charset: 'ascii',
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  plugins: [
    {
      name: 'leave-out',
      setup: ({ onResolve, onLoad }) => {
        for (const [index, { filter, contents }] of leftOut.entries()) {
          onResolve({ filter }, ({ path, importer }) =>
            /[/\\]ssh2[/\\]/.test(importer) ? { path, namespace: `left-out-${index}` } : undefined,
          );
          onLoad({ filter: /./, namespace: `left-out-${index}` }, () => ({ contents }));
        }
      },
    },
  ],
});

const cache = `${bundle}.cache`;
for (const old of [cache, answers]) rmSync(old, { force: true });
await writeCache();

const launch = join(root, 'src/launch.cjs');
const ask = (word) => [word, execFileSync(process.execPath, [launch, word], { encoding: 'utf8' })];
writeFileSync(answers, JSON.stringify(Object.fromEntries(['--version', '--help', '-h', 'help'].map(ask))));
