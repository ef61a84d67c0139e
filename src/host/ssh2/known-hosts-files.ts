import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseKnownHosts, type KnownHostsEntry } from './known-hosts.js';

/**
 * The entries of several known_hosts files, in their order. A file that isn't there has none; one that can't be read is
 * an error, since it may be the one that revokes a key.
 */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHostsEntry[]> {
  const texts = await Promise.all(files.map(readIfThere));
  return files.flatMap((file, index) => parseKnownHosts(file, texts[index] ?? ''));
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return '';
    }

    throw error;
  }
}

/** Adds a line to a known_hosts file; file and folder are made for their owner only, if they aren't there. */
export async function appendKnownHost(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);

    const isLineOpen = size > 0 && last.toString('latin1') !== '\n';
    // One write: another process may be adding its own line at this moment.
    await handle.appendFile(`${isLineOpen ? '\n' : ''}${line}\n`);
  } finally {
    await handle.close();
  }
}
