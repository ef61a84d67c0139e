import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '../src/index.js';
import { findPackageRoot } from '../test/lab/package-root.js';
import { findRepository, readManifest } from './edition.js';
import type { Edition } from './man/command-pages.js';
import { makeManual } from './man/manual.js';
import { copy, copyProgram, write } from './program-files.js';

/**
 * Makes the npm package: the program, the manual, and the library. All packages that they need are in the bundle, so that nothing else is
 * installed with it, and no script runs.
 * @returns the name of the file
 */
export function makeNpmPackage(edition: Edition, into: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-npm-'));
  try {
    fill(folder, edition);
    const words = ['pack', '--silent', '--offline', '--ignore-scripts', '--pack-destination', into];
    return execFileSync('npm', words, { cwd: folder, encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fill(folder: string, edition: Edition): void {
  const root = findPackageRoot();
  copyProgram(folder);
  for (const name of ['LICENSE', 'README.md']) copy(join(root, name), join(folder, name));
  const pages = makeManual(edition);
  for (const { file, text } of pages) write(join(folder, 'man', file), text);
  for (const name of readdirSync(join(root, 'build/src'), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.d.ts')) copy(join(root, 'build/src', name), join(folder, 'types', name));
  }
  write(join(folder, 'index.js'), formatLibrary(Object.keys(library)));
  const { name, version, description, license, engines, bin } = readManifest();
  const repository = findRepository();
  const manifest = {
    ...{ name, version, description, license },
    ...(repository === undefined ? {} : { repository: { type: 'git', url: repository } }),
    ...{
      keywords: ['zfs', 'snapshot', 'backup', 'replication', 'vm', 'container'],
      type: 'module',
      engines,
      os: ['linux', 'freebsd'],
      bin,
    },
    man: pages.map(({ file }) => `man/${file}`),
    exports: { '.': { types: './types/index.d.ts', default: './index.js' } },
  };
  write(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The library: a module of the functions that the bundle has. */
function formatLibrary(names: readonly string[]): string {
  return `import { createRequire } from 'node:module';

const { library } = createRequire(import.meta.url)('./build/bundle/zfs-vm.cjs');

export const { ${[...names].sort().join(', ')} } = library;
`;
}
