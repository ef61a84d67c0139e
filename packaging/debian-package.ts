import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describeCommand, describeGlobalOptions } from '../src/command-line/describe-command.js';
import { commandClasses } from '../src/commands/all-commands.js';
import { formatBashCompletion } from '../src/completion/bash.js';
import { formatFishCompletion } from '../src/completion/fish.js';
import { formatZshCompletion } from '../src/completion/zsh.js';
import { findPackageRoot } from '../test/lab/package-root.js';
import { readManifest, toEpoch } from './edition.js';
import type { Edition } from './man/command-pages.js';
import { makeManual } from './man/manual.js';
import { copy, copyProgram, write } from './program-files.js';

/** Where the program is. */
const place = 'usr/share/zfs-vm';

const maintainer = 'the zfs-vm authors <zfs-vm@example.org>';

/**
 * Makes the Debian package: the program for the Node.js of the system, with manual, completions, systemd units, and an example of a
 * configuration. Needs dpkg-deb.
 * @returns the name of the file
 */
export function makeDebianPackage(edition: Edition, into: string): string {
  const version = toDebianVersion(edition.version);
  const file = `zfs-vm_${version}_all.deb`;
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-deb-'));
  try {
    fillTree(folder, edition);
    fillControl(folder, version);
    settle(folder, toEpoch(edition));
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(toEpoch(edition)) };
    const words = [
      '--root-owner-group',
      '--uniform-compression',
      '-Zxz',
      '--threads-max=1',
      '--build',
      folder,
      join(into, file),
    ];
    execFileSync('dpkg-deb', words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    return file;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fillTree(folder: string, edition: Edition): void {
  const root = findPackageRoot();
  const at = (path: string): string => join(folder, path);
  copyProgram(at(place));
  const launch = at(`${place}/src/launch.cjs`);
  write(launch, readFileSync(launch, 'utf8').replace(/^#!.*/, '#!/usr/bin/node'));
  chmodSync(launch, 0o755);
  write(at(`${place}/package.json`), readFileSync(join(root, 'package.json')));
  mkdirSync(at('usr/bin'));
  symlinkSync('../share/zfs-vm/src/launch.cjs', at('usr/bin/zfs-vm'));

  for (const { file, text } of makeManual(edition)) {
    write(at(`usr/share/man/man${file.at(-1) ?? ''}/${file}.gz`), compress(text));
  }
  const commands = commandClasses.map(({ definition }) => describeCommand(definition));
  const globals = describeGlobalOptions();
  write(at('usr/share/bash-completion/completions/zfs-vm'), formatBashCompletion(commands, globals));
  write(at('usr/share/zsh/vendor-completions/_zfs-vm'), formatZshCompletion(commands, globals));
  write(at('usr/share/fish/vendor_completions.d/zfs-vm.fish'), formatFishCompletion(commands, globals));

  for (const unit of ['zfs-vm-sync@.service', 'zfs-vm-sync@.timer']) {
    copy(join(root, 'packaging/files', unit), at(`usr/lib/systemd/system/${unit}`));
  }
  const docs = 'usr/share/doc/zfs-vm';
  copy(join(root, 'packaging/files/zfs-vm.toml'), at(`${docs}/examples/zfs-vm.toml`));
  copy(join(root, 'README.md'), at(`${docs}/README.md`));
  for (const name of readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.md')) copy(join(root, 'docs', name), at(`${docs}/docs/${name}`));
  }
  copy(join(root, `changelog/${edition.version}.md`), at(`${docs}/changes.md`));
  write(at(`${docs}/changelog.gz`), compress(formatChangelog(edition)));
  write(at(`${docs}/copyright`), formatCopyright(readFileSync(join(root, 'LICENSE'), 'utf8')));
}

/** A changelog as Debian's tools read it. */
function formatChangelog({ version, date }: Edition): string {
  return `zfs-vm (${toDebianVersion(version)}) unstable; urgency=medium

  * The changes of this version are in /usr/share/doc/zfs-vm/changes.md.

 -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}
`;
}

/** A version that Debian sorts as semantic versions are sorted. */
function toDebianVersion(version: string): string {
  return version.replace('-', '~');
}

function fillControl(folder: string, version: string): void {
  const files = listFiles(folder);
  const { description, engines } = readManifest();
  const sizes = files.map((path) => Math.ceil(lstatSync(join(folder, path)).size / 1024));
  const control = `Package: zfs-vm
Version: ${version}
Architecture: all
Maintainer: ${maintainer}
Installed-Size: ${sizes.reduce((sum, size) => sum + size, 0)}
Depends: nodejs (${engines['node']?.replace('>=', '>= ') ?? ''})
Recommends: openssh-client, zfsutils-linux
Suggests: zstd
Section: admin
Priority: optional
Description: ${description[0]?.toLowerCase() ?? ''}${description.slice(1)}
 Each version of an image is a ZFS snapshot with a name that says which one
 it is. Other hosts are brought up to date over SSH by the smallest chain of
 increments. They need nothing but sshd and zfs.
`;
  write(join(folder, 'DEBIAN/control'), control);
  const sums = files
    .filter((path) => lstatSync(join(folder, path)).isFile())
    .map(
      (path) =>
        `${createHash('md5')
          .update(readFileSync(join(folder, path)))
          .digest('hex')}  ${path}\n`,
    );
  write(join(folder, 'DEBIAN/md5sums'), sums.join(''));
  for (const script of ['postinst', 'prerm']) {
    copy(join(findPackageRoot(), 'packaging/files', script), join(folder, 'DEBIAN', script));
  }
}

/** All files below a folder, sorted. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !lstatSync(join(folder, path)).isDirectory())
    .sort();
}

/** Gives everything the same time, and rights that don't come from this machine. */
function settle(folder: string, epoch: number): void {
  for (const path of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    const full = join(folder, path);
    const status = lstatSync(full);
    if (status.isSymbolicLink()) continue;
    const isProgram =
      status.isDirectory() || dirname(path) === 'DEBIAN'
        ? !/control|md5sums/.test(path)
        : path.endsWith('launch.cjs');
    chmodSync(full, isProgram ? 0o755 : 0o644);
    utimesSync(full, epoch, epoch);
  }
}

function compress(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

function formatCopyright(license: string): string {
  const [, ...lines] = license.trimEnd().split('\n');
  const [holder = '', ...terms] = lines.join('\n').trim().split('\n');
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: zfs-vm

Files: *
Copyright: ${holder.replace(/^Copyright \\(c\\) /, '')}
License: Expat

License: Expat
${terms
  .join('\n')
  .trim()
  .split('\n')
  .map((line) => (line === '' ? ' .' : ` ${line}`))
  .join('\n')}
`;
}
