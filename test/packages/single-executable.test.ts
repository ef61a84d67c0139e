/** The single executable for this machine's processor: what it says, and a login over SSH to an sshd of our own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { findSshd, OwnSshd } from '../../bench/own-sshd.js';
import { readManifest } from '../../packaging/edition.js';
import { findNodeProgram, ownArchitecture } from '../../packaging/node-program.js';
import { makeFakeZfs, makeFolder, makePackages, run } from './make-packages.js';

/** Why there is no single executable to be made here; false when there is. */
function whyNot(): string | false {
  if (ownArchitecture === undefined) return `none is made for ${process.arch}`;
  try {
    findNodeProgram(ownArchitecture);
    return false;
  } catch (error) {
    return `Node's program can't be had: ${error instanceof Error ? error.message : String(error)}`;
  }
}

test(
  'the single executable is the same twice, has its version, and logs in over SSH',
  { skip: whyNot() },
  async (t) => {
    const folder = makeFolder(t);
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    const architecture = ownArchitecture ?? '';
    for (const each of [one, other]) assert.equal(makePackages(each, [architecture]), undefined);
    const { version } = readManifest();
    const name = `zfs-vm-${version}-linux-${architecture}`;
    assert.ok(readFileSync(join(one, name)).equals(readFileSync(join(other, name))));
    rmSync(other, { recursive: true });

    // As on a host without Node.js.
    const program = join(one, name);
    const env = { PATH: '/usr/bin:/bin', HOME: folder, XDG_STATE_HOME: folder };
    assert.deepEqual(run([program, '--version'], { env }), {
      status: 0,
      stdout: `zfs-vm ${version}\n`,
      stderr: '',
    });
    assert.match(run([program, 'push', '--help'], { env }).stdout, /^zfs-vm push: /);
    assert.equal(run([program, 'frobnicate'], { env }).status, 2);
    assert.match(run([program, 'completion', 'bash'], { env }).stdout, /complete -F _zfs_vm zfs-vm/);
    assert.equal(
      run([program, 'completion', 'values', 'property-value', 'compr'], { env }).stdout,
      'compression=\tproperty\n',
    );

    const sshdProgram = findSshd();
    if (sshdProgram === undefined) {
      t.diagnostic("the login isn't tested: sshd isn't installed here");
      return;
    }
    const remote = join(folder, 'remote');
    mkdirSync(remote);
    const sshd = await OwnSshd.start(
      sshdProgram,
      remote,
      [makeFakeZfs(remote), '/usr/bin', '/bin'].join(delimiter),
    );
    try {
      const words = ['list', '--json', '--transport', 'ssh2', sshd.target];
      const { status, stdout, stderr } = run([program, ...words], {
        env: { ...env, ZFS_VM_SSH_CONFIG: sshd.configPath },
      });
      assert.equal(status, 0, stderr);
      assert.deepEqual((JSON.parse(stdout) as { streamlines: unknown }).streamlines, []);
      assert.ok(existsSync(join(remote, 'zfs-ran')));
    } finally {
      await sshd.stop();
    }
  },
);
