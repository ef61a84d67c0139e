import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listBlocks, readPage } from '../docs/pages.js';
import { SimWorld } from './sim-world.js';
import { expectRun, versionsOf } from './steps.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The files that docs/schedules.md shows, by the paths in their first lines. */
function readFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const { text } of listBlocks(readPage('docs/schedules.md'))) {
    const [, path] = /^# (\/\S+)\n/.exec(text) ?? [];
    if (path !== undefined) files.set(path, text);
  }
  return files;
}

/** The words after `zfs-vm` in the only line of a file that has it. */
function findArguments(file: string | undefined): string {
  const [, words] = /^[^#\n]*\bzfs-vm (sync [^>\n]*)/m.exec(file ?? '') ?? [];
  assert.ok(words !== undefined, 'no line with zfs-vm');
  return words.trim();
}

test('what the documentation has for cron and systemd does the whole round, with its configuration', async () => {
  const files = readFiles();
  const commands = ['/etc/cron.d/zfs-vm', '/etc/systemd/system/zfs-vm-sync.service'].map((path) =>
    findArguments(files.get(path)),
  );
  for (const command of commands) {
    const world = new SimWorld();
    const [a, b] = [world.addMachine('a'), world.addMachine('backup.example.com')];
    world.configFiles.set('/etc/zfs-vm.toml', files.get('/etc/zfs-vm.toml') ?? '');
    a.pools.create('tank/web');
    a.pools.snapshot(['tank/web@zfs-vm:web:1']);
    for (let version = 2; version <= 4; version++) {
      a.pools.write('tank/web', [version]);
      await expectRun(world, 'a', command);
    }
    assert.equal(versionsOf(a, 'tank/web'), 'web:4');
    assert.equal(versionsOf(b, 'tank/vm/web'), 'web:4');
  }
});

test('the line for cron has a time, a user, and a PATH with zfs in it', () => {
  const cron = readFiles().get('/etc/cron.d/zfs-vm') ?? '';
  assert.match(cron, /^PATH=\S*\/usr\/sbin/m);
  assert.match(cron, /^[0-9]{1,2} \* \* \* \* root zfs-vm [^%\n]*$/m);
  assert.ok(cron.endsWith('\n'));
});

test('systemd understands the units', async (t) => {
  const isThere = await run('systemd-analyze', ['--version']).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    t.skip('systemd-analyze is not installed');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-units-'));
  try {
    const paths: string[] = [];
    for (const [path, text] of readFiles()) {
      const name = /^\/etc\/systemd\/system\/(.*)$/.exec(path)?.[1];
      if (name === undefined) continue;
      paths.push(join(folder, name));
      // It looks whether the program is there.
      await writeFile(join(folder, name), text.replace('/usr/local/bin/zfs-vm', join(root, 'zfs-vm')));
    }
    assert.equal(paths.length, 2);
    const { stdout, stderr } = await run('systemd-analyze', ['verify', ...paths]);
    assert.equal(`${stdout}${stderr}`, '');
    await run('systemd-analyze', ['calendar', 'hourly']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
