import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, beforeEach, test } from 'node:test';
import { expectZfsVm, hashFiles, listVersionGuids } from './client.js';
import { startLab, type Lab } from './lab.js';
import type { LabHost } from './lab-host.js';
import { findPackageRoot } from './package-root.js';
import { noteSends, notingFolder, takeSends } from './noted-sends.js';
import { waitUntilQuiet } from './slow-push.js';
import { waitOn } from './wait-on.js';

/** Three receivers: each has a link of its own to a, so that one copy more takes no room from the others. */
const receiverNames = ['b', 'c', 'd'];
const pushToAll = 'push -d tank/vm root@b root@c root@d';

let lab: Lab;
let a: LabHost;
let receivers: readonly LabHost[];

before(async () => {
  const hosts = ['a', ...receiverNames].map((name) => ({ name }));
  lab = await startLab({ name: `fan-out-${process.pid}`, hosts, memoryMib: 1024 });
  a = lab.host('a');
  receivers = receiverNames.map((name) => lab.host(name));
  await lab.deploy(a);
  await noteSends(a);
});

after(() => lab.stop());

/** A dataset with a first version of 4 MB, and two small ones. */
beforeEach(async () => {
  await Promise.all([a, ...receivers].map((host) => host.freshPool()));
  await a.setLink({});
  await takeSends(a);
  await a.run(
    `set -e; zfs create tank/ct
    head -c 4000000 /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1
    for version in 2 3; do echo $version > /tank/ct/small; zfs snapshot tank/ct@zfs-vm:ct:$version; done`,
  );
});

test('the benchmark of three hosts beside one works', async () => {
  const program = join(findPackageRoot(), 'build', 'bench', 'fan-out-lab.js');
  const words = ['--lab', lab.name, '--rounds', '1', '--megabytes', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { timeout: 300_000 });
  assert.match(stdout, /^ *3 .* 1$/m, 'the source is read once for three');
});

async function assertAllHaveAll(): Promise<void> {
  const versions = await listVersionGuids(a);
  const content = await hashFiles(a, 'tank/ct@zfs-vm:ct:3');
  for (const receiver of receivers) {
    assert.deepEqual(await listVersionGuids(receiver), versions, receiver.name);
    assert.equal(await hashFiles(receiver, 'tank/vm/ct@zfs-vm:ct:3'), content, receiver.name);
  }
  const { stdout } = await a.run('zfs get -Hp -o value -t snapshot userrefs');
  assert.match(stdout, /^(0\n)+$/, 'no hold is left');
}

/** Starts a push to all three over slow links, and waits until each has begun to receive. */
async function startSlowPush(): Promise<void> {
  await a.setLink({ rateMbitPerSecond: 1 });
  await a.run(
    `rm -f /tmp/push*
    (sh -c 'echo $$ > /tmp/push.pid; PATH=${notingFolder}:$PATH exec zfs-vm ${pushToAll}' > /tmp/push 2>&1
     echo $? > /tmp/push.status) > /dev/null 2>&1 &`,
  );
  const deadline = Date.now() + 120_000;
  for (const receiver of receivers) {
    while (!(await waitOn(receiver, 'zfs list tank/vm/ct > /dev/null 2>&1'))) {
      assert.ok(Date.now() < deadline, `the push to ${receiver.name} does not begin`);
    }
  }
}

async function endSlowPush(): Promise<{ status: number; output: string }> {
  const { stdout } = await a.run(
    'while [ ! -s /tmp/push.status ]; do sleep 0.2; done; cat /tmp/push.status /tmp/push',
    { timeoutMs: 240_000 },
  );
  return { status: Number(/^[0-9]+/.exec(stdout)?.[0]), output: stdout };
}

test(
  'what three hosts need is read once, and each is finished after an interrupt',
  { timeout: 600_000 },
  async () => {
    await startSlowPush();
    assert.equal(await takeSends(a), 1);
    await a.run('kill -INT $(cat /tmp/push.pid)');
    const { status, output } = await endSlowPush();
    assert.equal(status, 130, output);
    for (const receiver of receivers) await waitUntilQuiet(receiver, 20_000);
    await a.setLink({});
    await takeSends(a);
    const second = await a.run(`PATH=${notingFolder}:$PATH zfs-vm ${pushToAll}`, { timeoutMs: 240_000 });
    assert.match(second.stdout, /^[23] versions are read once for root@b, root@c and root@d$/m);
    // The rest of what had been interrupted, for each from where it was, and then the other versions once for all.
    const sends = await takeSends(a);
    assert.ok(sends >= 2 && sends <= 4, `${sends} times`);
    await assertAllHaveAll();
    assert.equal([...(await expectZfsVm(a, pushToAll)).stdout.matchAll(/up to date$/gm)].length, 6);
  },
);

test(
  'a host that is reset in the middle stops no other, and is finished by the next run',
  { timeout: 600_000 },
  async () => {
    const c = lab.host('c');
    await startSlowPush();
    await c.reset();
    const { output } = await endSlowPush();
    assert.match(output, /^root@c +re(connect|try)ing in 1 s/m);
    assert.doesNotMatch(output, /^root@[bd] .*(failed|retrying|reconnecting)/m);
    assert.match(output, /^root@b +[0-9]+ .*done$/m);
    assert.match(output, /^root@d +[0-9]+ .*done$/m);
    await a.setLink({});
    await expectZfsVm(a, pushToAll);
    await assertAllHaveAll();
  },
);

test(
  'with --relay, hosts that have it send it to the next ones, and one that cannot is passed by',
  { timeout: 600_000 },
  async () => {
    const command = `push --relay -d tank/vm root@b root@c root@d`;
    const { stdout } = await a.run(`PATH=${notingFolder}:$PATH zfs-vm ${command}`, { timeoutMs: 300_000 });
    assert.match(stdout, /^(root@[bcd]) +root@[bcd] sends to \1$/m);
    // Three versions for at most two of three hosts.
    const sends = await takeSends(a);
    assert.ok(sends <= 6, `${sends} times`);
    await assertAllHaveAll();
    // It takes so long that the host which has it first is ready to serve before a third one gets it from here.
    await a.run('head -c 4000000 /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:4');
    await a.setLink({ rateMbitPerSecond: 4 });
    for (const host of receivers) await host.run('mv /root/.ssh/known_hosts /root/.ssh/hidden');
    try {
      const again = await a.run(`PATH=${notingFolder}:$PATH zfs-vm ${command}`, { timeoutMs: 300_000 });
      const failed = /root@[bcd] did not send everything to root@[bcd]; another host will:/;
      assert.match(again.stderr, failed);
      assert.match(again.stdout, /^root@d +1 .*done$/m);
      await assertAllHaveAll();
    } finally {
      for (const host of receivers) await host.run('mv /root/.ssh/hidden /root/.ssh/known_hosts');
    }
  },
);
