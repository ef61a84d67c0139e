import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPackageRoot } from '../test/lab/package-root.js';

/** The bundle's folder in the project, and in every package. */
export const bundleFolder = 'build/bundle';

/**
 * Copies the program: its executable and its bundle, where the executable looks for it. V8's code cache is left out, as it only serves the
 * Node.js that made it, and is never the same twice.
 */
export function copyProgram(to: string): void {
  const root = findPackageRoot();
  copy(join(root, 'src/launch.cjs'), join(to, 'src/launch.cjs'));
  for (const name of readdirSync(join(root, bundleFolder)).filter((each) => !each.endsWith('.cache'))) {
    copy(join(root, bundleFolder, name), join(to, bundleFolder, name));
  }
}

/** Copies a file to a place whose folder may be missing. */
export function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** Writes a file to a place whose folder may be missing. */
export function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
