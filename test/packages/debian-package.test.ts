import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { test } from 'node:test';
import { readManifest } from '../../packaging/edition.js';
import { makeFakeZfs, makeFolder, makePackages, run } from './make-packages.js';

const whyNot = spawnSync('dpkg-deb', ['--version']).status === 0 ? false : "dpkg isn't installed here";

const isPage = (name: string): boolean => name.endsWith('.md');

/** What dpkg is to know of a root of our own: that nodejs is there. */
const nodejs = `Package: nodejs
Status: install ok installed
Architecture: amd64
Maintainer: nobody <nobody@example.org>
Version: 20.19.2+dfsg-1
Description: evented I/O for V8 javascript

`;

test(
  'the Debian package is the same twice, installs, works, and leaves nothing when it is removed',
  { skip: whyNot },
  (t) => {
    const folder = makeFolder(t);
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    for (const each of [one, other]) assert.equal(makePackages(each, ['deb']), undefined);
    const { version } = readManifest();
    const name = `zfs-vm_${version.replace('-', '~')}_all.deb`;
    assert.deepEqual(readFileSync(join(one, name)), readFileSync(join(other, name)));

    const root = join(folder, 'root');
    const admin = join(root, 'var/lib/dpkg');
    mkdirSync(join(admin, 'info'), { recursive: true });
    mkdirSync(join(admin, 'updates'));
    writeFileSync(join(admin, 'status'), nodejs);
    const dpkg = (...words: readonly string[]): void => {
      const force = ['--force-not-root', '--force-script-chrootless', '--force-bad-path'];
      const { status, stdout, stderr } = run([
        'dpkg',
        `--root=${root}`,
        `--log=${folder}/log`,
        ...force,
        ...words,
      ]);
      assert.equal(status, 0, `${stdout}${stderr}`);
    };
    dpkg('--install', join(one, name));

    const at = (path: string): string => join(root, path);
    const program = [process.execPath, at('usr/share/zfs-vm/src/launch.cjs')];
    assert.equal(lstatSync(at('usr/bin/zfs-vm')).isSymbolicLink(), true);
    assert.equal(run([...program, '--version']).stdout, `zfs-vm ${version}\n`);
    const env = { PATH: `${makeFakeZfs(folder)}:${process.env['PATH'] ?? ''}`, HOME: folder };
    assert.equal(run([...program, 'list'], { env }).status, 0);
    assert.ok(existsSync(join(folder, 'zfs-ran')));
    // What makes a start quicker is made where it is installed.
    assert.ok(existsSync(at('usr/share/zfs-vm/build/bundle/zfs-vm.cjs.cache')));

    const page = gunzipSync(readFileSync(at('usr/share/man/man1/zfs-vm-push.1.gz'))).toString();
    assert.match(page, /^\.TH ZFS\\-VM\\-PUSH 1 /);
    for (const path of [
      'bash-completion/completions/zfs-vm',
      'zsh/vendor-completions/_zfs-vm',
      'fish/vendor_completions.d/zfs-vm.fish',
    ]) {
      assert.match(readFileSync(at(`usr/share/${path}`), 'utf8'), /completion for zfs-vm/);
    }
    for (const unit of ['zfs-vm-sync@.service', 'zfs-vm-sync@.timer']) {
      checkUnit(readFileSync(at(`usr/lib/systemd/system/${unit}`), 'utf8'));
    }

    const pages = at('usr/share/doc/zfs-vm/docs');
    for (const name of readdirSync(pages, { recursive: true, encoding: 'utf8' }).filter(isPage)) {
      const links = readFileSync(join(pages, name), 'utf8').matchAll(/\]\(([\w./-]+\.md)[#)]/g);
      for (const [, link = ''] of links) {
        const path = join(dirname(name), link);
        assert.ok(path.startsWith('..') || existsSync(join(pages, path)), `${name}: ${link}`);
      }
    }

    dpkg('--purge', 'zfs-vm');
    const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !`${path}/`.startsWith('var/lib/dpkg/') && !'var/lib/dpkg'.startsWith(path),
    );
    assert.deepEqual(left, []);
  },
);

test(
  'lintian has no objection',
  // It would bring a hundred packages along, so it is tried where somebody has it.
  { skip: whyNot || (spawnSync('lintian', ['--version']).status !== 0 && "lintian isn't installed here") },
  (t) => {
    const folder = makeFolder(t);
    assert.equal(makePackages(folder, ['deb']), undefined);
    const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.deb'));
    const { status, stdout } = run([
      'lintian',
      '--fail-on',
      'error,warning',
      '--allow-root',
      join(folder, name),
    ]);
    assert.equal(status, 0, stdout);
  },
);

/** The words that a unit runs are those of the program. */
function checkUnit(text: string): void {
  const [, line] = /^ExecStart=\/usr\/bin\/zfs-vm (.*)$/m.exec(text) ?? [];
  if (line !== undefined) assert.equal(line, 'sync --config /etc/zfs-vm.toml %i');
  else assert.match(text, /^OnCalendar=hourly$/m);
}
