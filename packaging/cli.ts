/**
 * `npm run package [-- [--out FOLDER] npm|deb|amd64|arm64...]` makes what is installed, all of it unless some are named. The same sources
 * give the same bytes.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findPackageRoot } from '../test/lab/package-root.js';
import { makeDebianPackage } from './debian-package.js';
import { findEdition } from './edition.js';
import { makeNpmPackage } from './npm-package.js';
import { makeExecutable } from './single-executable.js';

const edition = findEdition();

const makers: Readonly<Record<string, (into: string) => string>> = {
  npm: (into) => makeNpmPackage(edition, into),
  deb: (into) => makeDebianPackage(edition, into),
  amd64: (into) => makeExecutable('amd64', edition, into),
  arm64: (into) => makeExecutable('arm64', edition, into),
};

const { values, positionals } = parseArgs({
  options: { out: { type: 'string', default: join(findPackageRoot(), 'dist') } },
  allowPositionals: true,
});
const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const wanted = positionals.length === 0 ? Object.keys(makers) : positionals;
const sums = wanted.map((name) => {
  const make = makers[name];
  if (make === undefined) {
    console.error(`zfs-vm: no package "${name}"; there are ${Object.keys(makers).join(', ')}`);
    process.exit(2);
  }
  const file = make(out);
  const path = join(out, file);
  console.error(`${file}: ${(statSync(path).size / 1024 ** 2).toFixed(1)} MiB`);
  return `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${file}\n`;
});
writeFileSync(join(out, 'SHA256SUMS'), sums.sort().join(''));
