import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the project's package.json. Compiled code runs from build/, while scripts and tables stay in test/lab/:
 * they are found from here.
 */
export function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
  return folder;
}

/** The path of a file of the lab that is not TypeScript, such as `build-image`. */
export function findLabFile(name: string): string {
  return join(findPackageRoot(), 'test', 'lab', name);
}
