import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findConfigFiles, loadConfig } from '../../src/command-line/config-file.js';
import { emptyConfig } from '../../src/config/config.js';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-config-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('the usual file is in XDG_CONFIG_HOME, or in .config of the home folder', () => {
  for (const [env, path] of [
    [{ XDG_CONFIG_HOME: '/etc/xdg', HOME: '/home/f' }, '/etc/xdg/zfs-vm/config.toml'],
    [{ HOME: '/home/f' }, '/home/f/.config/zfs-vm/config.toml'],
    [{ XDG_CONFIG_HOME: '', HOME: '/home/f' }, '/home/f/.config/zfs-vm/config.toml'],
    [{ XDG_CONFIG_HOME: 'relative', HOME: '/home/f' }, '/home/f/.config/zfs-vm/config.toml'],
  ] as const) {
    assert.equal(findConfigFiles(env).usualPath, path);
  }
});

test('without the usual file, the configuration is empty', async (t) => {
  const files = findConfigFiles({ XDG_CONFIG_HOME: await makeFolder(t) });
  assert.equal(await loadConfig(files, undefined), emptyConfig);
});

test('the usual file is read', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'zfs-vm'));
  await writeFile(join(folder, 'zfs-vm', 'config.toml'), '[remotes.b]\nhost = "x"\n');
  const { remotes } = await loadConfig(findConfigFiles({ XDG_CONFIG_HOME: folder }), undefined);
  assert.deepEqual([...remotes.keys()], ['b']);
});

test('a file that was named takes the place of the usual one, and has to be there', async (t) => {
  const folder = await makeFolder(t);
  const files = findConfigFiles({ XDG_CONFIG_HOME: folder });
  const path = join(folder, 'mine.toml');
  await assert.rejects(loadConfig(files, path), {
    kind: 'usage',
    message: /configuration file ".*mine\.toml" does not exist/,
    hint: /omit --config/,
  });
  await writeFile(path, '[remotes.c]\nhost = "x"\n');
  assert.deepEqual([...(await loadConfig(files, path)).remotes.keys()], ['c']);
});

test('a file that is there and cannot be read is an error', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'zfs-vm', 'config.toml'), { recursive: true });
  const files = findConfigFiles({ XDG_CONFIG_HOME: folder });
  await assert.rejects(loadConfig(files, undefined), {
    kind: 'usage',
    message: /cannot read configuration file ".*config\.toml": it is a directory$/,
    hint: /name a file/,
  });
});

test('an error of the disk under it names the file, too', async () => {
  const read = (): Promise<string> => Promise.reject(new Error('EIO: i/o error, read'));
  await assert.rejects(loadConfig({ usualPath: '/etc/c.toml', read }, undefined), {
    kind: 'usage',
    message: /cannot read configuration file "\/etc\/c\.toml": EIO: i\/o error, read$/,
    hint: /"cat \/etc\/c\.toml"/,
  });
});
