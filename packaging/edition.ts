import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../test/lab/package-root.js';
import type { Edition } from './man/command-pages.js';

/** What package.json says that packages need. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(findPackageRoot(), 'package.json'), 'utf8')) as Manifest;
}

/**
 * Version and date of what is packed. The date is SOURCE_DATE_EPOCH, or that of the last commit, so that the same sources give the same
 * bytes.
 */
export function findEdition(): Edition {
  const given = process.env['SOURCE_DATE_EPOCH'];
  const seconds =
    given ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: findPackageRoot(), encoding: 'utf8' });
  return { version: readManifest().version, date: new Date(Number(seconds) * 1000) };
}

/** Seconds since 1970. */
export function toEpoch({ date }: Edition): number {
  return date.getTime() / 1000;
}

/** The public repository of the checkout, for `repository` in a package's manifest; undefined where it was cloned from elsewhere. */
export function findRepository(): string | undefined {
  try {
    const words = ['config', '--get', 'remote.origin.url'];
    const url = execFileSync('git', words, { cwd: findPackageRoot(), encoding: 'utf8' }).trim();
    return /^https:\/\/[^@]+$/.test(url) ? `git+${url}` : undefined;
  } catch {
    return undefined;
  }
}
