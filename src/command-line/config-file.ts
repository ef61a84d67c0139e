import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { emptyConfig, type Config } from '../config/config.js';
import { ZfsVmError } from '../base/errors.js';
import { describeThrown } from '../base/printable.js';

/** Where configuration files are. */
export interface ConfigFiles {
  /** The one that counts unless another is named. */
  readonly usualPath: string;
  /** Gives the text of a file; undefined when there is none. @throws when it can't be read */
  readonly read: (path: string) => Promise<string | undefined>;
  /** Makes a file, and the folders above it. @returns whether it was made; it isn't where there is one. @throws ZfsVmError when it can't be */
  readonly create: (path: string, text: string) => Promise<boolean>;
}

/** The real ones: `zfs-vm/config.toml` in XDG_CONFIG_HOME, or in `~/.config`. */
export function findConfigFiles(env: Readonly<Record<string, string | undefined>>): ConfigFiles {
  const given = env['XDG_CONFIG_HOME'] ?? '';
  // The XDG specification has relative paths ignored.
  const folder = isAbsolute(given) ? given : join(env['HOME'] ?? homedir(), '.config');
  return { usualPath: join(folder, 'zfs-vm', 'config.toml'), read: readTextFile, create: createFile };
}

async function createFile(path: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new ZfsVmError('failed', `cannot create ${path}: ${describeThrown(error)}`, { cause: error });
  }
}

async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Reads the configuration. Without a file, it is empty.
 * @param named the file that the person named, which has to be there
 * @throws ZfsVmError `usage` when it isn't, can't be read, or says what can't be
 */
export async function loadConfig(
  files: Pick<ConfigFiles, 'usualPath' | 'read'>,
  named: string | undefined,
): Promise<Config> {
  const path = named ?? files.usualPath;
  const text = await files.read(path).catch((error: unknown) => {
    throw describeUnreadable(path, error);
  });
  if (text !== undefined) {
    // Most runs have no file, and need no parser.
    const { parseConfig } = await import('../config/parse-config.js');
    return parseConfig(text, path);
  }
  if (named === undefined) return emptyConfig;
  throw new ZfsVmError('usage', `configuration file ${JSON.stringify(named)} does not exist`, {
    hint: 'create the file, or omit --config',
  });
}

/** That a configuration file can't be read, and why. */
export function describeUnreadable(path: string, error: unknown): ZfsVmError {
  const file = JSON.stringify(path);
  const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR';
  const reason = isFolder ? 'it is a directory' : describeThrown(error);
  return new ZfsVmError('usage', `cannot read configuration file ${file}: ${reason}`, {
    hint: isFolder
      ? 'name a file with --config'
      : `check that "cat ${path}" works, or name another file with --config`,
    cause: error,
  });
}
