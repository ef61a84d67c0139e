import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../test/lab/package-root.js';
import type { Edition } from './man/command-pages.js';
import { findNodeProgram, ownArchitecture, type Architecture } from './node-program.js';
import { bundleFolder } from './program-files.js';

/** Runs the program that stands before it. */
const start = `
module.exports.main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  // Whatever still keeps the process alive has had its chance.
  setTimeout(() => process.exit(), 500).unref();
});
`;

/**
 * Makes one file that needs no Node.js: Node's own program with the bundle in it.
 * @returns the name of the file
 */
export function makeExecutable(architecture: Architecture, { version }: Edition, into: string): string {
  if (ownArchitecture === undefined) throw new Error(`no Node.js to build with for ${process.arch}`);
  const builder = findNodeProgram(ownArchitecture);
  const file = `zfs-vm-${version}-linux-${architecture}`;
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-sea-'));
  try {
    const program = readFileSync(join(findPackageRoot(), bundleFolder, 'zfs-vm.cjs'), 'utf8');
    writeFileSync(join(folder, 'main.cjs'), `${program}${start}`);
    const config = {
      ...{ main: 'main.cjs', output: join(into, file), executable: findNodeProgram(architecture) },
      ...{ disableExperimentalSEAWarning: true, execArgvExtension: 'none' },
    };
    writeFileSync(join(folder, 'sea.json'), JSON.stringify(config));
    execFileSync(builder, ['--build-sea', 'sea.json'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    chmodSync(join(into, file), 0o755);
    return file;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
