import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as library from '../../src/index.js';
import { readManifest } from '../../packaging/edition.js';
import { makeFakeZfs, makeFolder, makePackages, run } from './make-packages.js';

const { version } = readManifest();

test('the npm package is the same twice, installs into an empty prefix without a network or scripts, works, and goes again', (t) => {
  const folder = makeFolder(t);
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  for (const each of [one, other]) assert.equal(makePackages(each, ['npm']), undefined);
  const name = `zfs-vm-${version}.tgz`;
  assert.deepEqual(readFileSync(join(one, name)), readFileSync(join(other, name)));

  const prefix = join(folder, 'prefix');
  mkdirSync(prefix);
  const npm = (...words: readonly string[]): void => {
    const env = { npm_config_cache: join(folder, 'cache'), HOME: folder };
    const { status, stderr } = run(
      ['npm', ...words, '--global', '--prefix', prefix, '--offline', '--no-audit'],
      { env },
    );
    assert.equal(status, 0, stderr);
  };
  npm('install', join(one, name));

  const modules = join(prefix, 'lib/node_modules');
  assert.deepEqual(readdirSync(modules), ['zfs-vm']);
  const manifest = JSON.parse(readFileSync(join(modules, 'zfs-vm/package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [manifest['scripts'], manifest['dependencies'], manifest['license']],
    [undefined, undefined, 'MIT'],
  );
  assert.ok(existsSync(join(prefix, 'share/man/man1/zfs-vm-push.1')));
  assert.ok(existsSync(join(prefix, 'share/man/man5/zfs-vm.toml.5')));

  const program = join(prefix, 'bin/zfs-vm');
  const PATH = `${makeFakeZfs(folder)}:${process.env['PATH'] ?? ''}`;
  assert.equal(run([program, '--version']).stdout, `zfs-vm ${version}\n`);
  assert.match(run([program, 'push', '--help']).stdout, /^zfs-vm push: /);
  const listed = run([program, 'list', '--json'], { env: { PATH, HOME: folder } });
  assert.equal(listed.status, 0, listed.stderr);
  assert.ok(existsSync(join(folder, 'zfs-ran')));

  const words = "import * as library from 'zfs-vm'; console.log(JSON.stringify(Object.keys(library)))";
  mkdirSync(join(folder, 'node_modules'));
  run(['ln', '-s', join(modules, 'zfs-vm'), join(folder, 'node_modules')]);
  writeFileSync(join(folder, 'use.mjs'), words);
  const used = run([process.execPath, 'use.mjs'], { cwd: folder });
  assert.deepEqual(JSON.parse(used.stdout), Object.keys(library).sort(), used.stderr);

  npm('uninstall', 'zfs-vm');
  assert.equal(existsSync(program), false);
  assert.equal(existsSync(join(modules, 'zfs-vm')), false);
});
