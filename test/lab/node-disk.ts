import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findCacheFolder } from './cache-folder.js';
import { runProgram } from './run-program.js';

/**
 * A small disk with this very node program in bin/node, for the guests: they run what was built here with what runs
 * it here. Cached by node's version.
 */
export async function ensureNodeDisk(): Promise<string> {
  const cache = findCacheFolder();
  const disk = join(cache, `node-${process.version}.img`);
  if (existsSync(disk)) return disk;

  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'building-node.'));
  try {
    await mkdir(join(work, 'root', 'bin'), { recursive: true });
    await copyFile(process.execPath, join(work, 'root', 'bin', 'node'));
    const { size } = await stat(process.execPath);
    // A tenth and 8 MiB for the file system itself.
    const sizeKib = Math.ceil((size * 1.1) / 1024) + 8 * 1024;
    const image = join(work, 'node.img');
    await runProgram([
      'mke2fs',
      '-q',
      '-t',
      'ext4',
      '-O',
      '^has_journal',
      '-m',
      '0',
      '-d',
      join(work, 'root'),
      image,
      `${sizeKib}k`,
    ]);
    await rename(image, disk);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return disk;
}
