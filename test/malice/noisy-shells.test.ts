import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findSshd, OwnSshd } from '../../bench/own-sshd.js';
import { assertHarmless } from '../fuzz/arbitraries.js';
import { LyingHosts, type ProgramRun } from './lying-hosts.js';

/*
 * A real sshd whose accounts have a shell that speaks before and after every command, in escape sequences too, and which shows a
 * banner before anybody has logged in.
 */

const program = findSshd();
const skip = program === undefined ? 'there is no sshd on this machine' : false;

const noisyShell = `#!/bin/sh
printf 'Welcome, \\033]0;owned\\007 to the \\033[2Jmachine\\nno newline at the end'
echo 'be nice' >&2
sh -c "$SSH_ORIGINAL_COMMAND"
status=$?
printf 'goodbye\\n'
exit $status
`;

/** Runs the program with a connection to the noisy machine. */
async function runWith(
  t: TestContext,
  hosts: LyingHosts,
  words: (target: string) => readonly string[],
): Promise<ProgramRun> {
  assert.ok(program);
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-noise-'));
  mkdirSync(join(folder, 'sshd'));
  writeFileSync(join(folder, 'shell'), noisyShell, { mode: 0o755 });
  writeFileSync(join(folder, 'banner'), 'Keep out \u001B[2J\u001B]0;owned\u0007\u009B31m!\n');
  const path = [join(hosts.folder, 'there'), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter);
  const options = [`ForceCommand ${join(folder, 'shell')}`, `Banner ${join(folder, 'banner')}`];
  const sshd = await OwnSshd.start(program, join(folder, 'sshd'), path, options);
  t.after(async () => {
    await sshd.stop();
    rmSync(folder, { recursive: true });
  });
  return hosts.run(words(sshd.target), { env: { ZFS_VM_SSH_CONFIG: sshd.configPath }, hasRealSsh: true });
}

for (const transport of ['ssh2', 'openssh'] as const) {
  for (const command of ['push', 'pull'] as const) {
    test(
      `${command} does its work with a shell that speaks before and after, with ${transport}`,
      { skip },
      async (t) => {
        const hosts = new LyingHosts(t, {});
        if (command === 'pull') hosts.swap();
        const run = await runWith(t, hosts, (target) => ['--transport', transport, '-v', command, target]);
        assert.equal(run.status, 0, run.stderr);
        assertHarmless(run.stdout);
        assertHarmless(run.stderr);
        assert.equal(hosts.snapshotsOf('here').length, 2);
        assert.deepEqual(hosts.snapshotsOf('there'), hosts.snapshotsOf('here'));
      },
    );
  }
}

test('a list is read behind what the shell says, and a banner is told printable', { skip }, async (t) => {
  const hosts = new LyingHosts(t, {});
  hosts.swap();
  const run = await runWith(t, hosts, (target) => ['--transport', 'ssh2', '-d', 'list', '--json', target]);
  assert.equal(run.status, 0, run.stderr);
  assertHarmless(run.stderr);
  assert.match(run.stderr, /loopback: Keep out \\u\{1b\}\[2J/);
  assert.match(run.stdout, /"snapshot": "tank\/vm@zfs-vm:web:2"/);
});
