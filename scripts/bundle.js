/**
 * Puts the built program and the packages it needs into one file, build/bundle/zfs-vm.cjs, with V8's code cache beside it. Loading
 * the hundreds of modules one by one and compiling them takes three times as long as everything else that a small run does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'build/bundle/zfs-vm.cjs');

await build({
  entryPoints: [join(root, 'build/src/main.js')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  keepNames: true,
  // Addons that ssh2 can do without: it looks for them, and goes on.
  external: ['*.node', 'cpu-features'],
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
  logLevel: 'warning',
  plugins: [
    {
      name: 'without-http',
      // ssh2's agents for HTTP over SSH, which nobody here needs, would load all of Node.js's HTTP and TLS at each start.
      setup: ({ onLoad }) => {
        onLoad({ filter: /ssh2.lib.http-agents\.js$/ }, () => ({ contents: 'module.exports = {};' }));
      },
    },
  ],
});

const script = new Script(Module.wrap(readFileSync(bundle, 'utf8')), { filename: bundle });
const bundled = { exports: {} };
script.runInThisContext()(bundled.exports, createRequire(bundle), bundled, bundle, dirname(bundle));
writeFileSync(`${bundle}.cache`, script.createCachedData());
