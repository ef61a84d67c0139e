import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { waitOn } from './wait-on.js';
import { expectZfsVm, hashFiles, hashVolume, listVersionGuids, makeVolume } from './client.js';
import { waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

// zfs-vm runs on a, and knows both b, which sends, and a itself only by their sshd.
const lab = useClientLab();

afterEach(() => lab.b.setLink({}));

/** Makes two versions of a filesystem with a space in its name, the first with so many random bytes, on host b. */
async function makeVersions(bytes: number): Promise<void> {
  await lab.b.run(
    `zfs create 'tank/my ct'; head -c ${bytes} /dev/urandom > '/tank/my ct/big'; zfs snapshot 'tank/my ct@zfs-vm:ct:1'
    echo more > '/tank/my ct/small'; zfs snapshot 'tank/my ct@zfs-vm:ct:2'`,
  );
}

async function expectSameContent(): Promise<void> {
  const { a, b } = lab;
  assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
  assert.equal(await hashFiles(a, 'tank/vm/my ct@zfs-vm:ct:2'), await hashFiles(b, 'tank/my ct@zfs-vm:ct:2'));
}

for (const transport of ['ssh2', 'openssh']) {
  test(`a copy between two hosts over ${transport}, with sudo on both, brings every version and every byte`, async () => {
    const { a, b } = lab;
    await makeVersions(1_000_000);
    await makeVolume(b, 'tank/disk0');
    await b.run('head -c 1000000 /dev/urandom | dd of=/dev/zvol/tank/disk0 bs=64k conv=fsync,notrunc');
    await b.run('zfs snapshot tank/disk0@zfs-vm:disk:1');
    await expectZfsVm(a, `-s --transport ${transport} copy -d tank/vm fjoe@b fjoe@a`);
    await expectSameContent();
    assert.equal(
      await hashVolume(a, 'tank/vm/disk0@zfs-vm:disk:1'),
      await hashVolume(b, 'tank/disk0@zfs-vm:disk:1'),
    );
    await waitUntilQuiet(a, 5000);
    await waitUntilQuiet(b, 5000);
  });
}

test('a direct copy, with sudo, login shells of all kinds, and packed streams, brings every version and every byte', async () => {
  const { a, b } = lab;
  await makeVersions(1_000_000);
  await b.run('usermod -s /usr/bin/fish fjoe');
  await a.run('usermod -s /usr/bin/tcsh fjoe');
  try {
    const words = `copy --direct -d tank/vm -o "user:note=it's 1!" fjoe@b fjoe@a`;
    const { stdout } = await expectZfsVm(a, `-s ${words}`);
    // The whole stream, though no byte of it was seen.
    assert.match(stdout, /^done: 2 versions, (?:9[0-9]{2} KiB|1(?:\.[01][0-9]*)? MiB) in /m);
    await expectSameContent();
    assert.equal((await a.run(`zfs get -H -o value user:note 'tank/vm/my ct'`)).stdout, "it's 1!\n");
    await b.run(`echo yet more > '/tank/my ct/small'; zfs snapshot 'tank/my ct@zfs-vm:ct:3'`);
    await expectZfsVm(a, `-s --transport openssh ${words} --compress`);
    assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
  } finally {
    await Promise.all([a, b].map((host) => host.run('usermod -s /bin/sh fjoe')));
  }
  await waitUntilQuiet(a, 5000);
  await waitUntilQuiet(b, 5000);
});

test('a sender that does not know the host key of the receiver is told as such', async () => {
  const { a, b } = lab;
  await makeVersions(1000);
  await b.run('mv /root/.ssh/known_hosts /root/.ssh/hidden');
  try {
    const { stderr } = await expectZfsVm(a, 'copy --direct -d tank/vm root@b root@a', 4);
    assert.match(stderr, /root@b cannot connect to root@a: Host key verification failed/);
    assert.match(stderr, /try: on root@\S+, check that "ssh root@a" logs in/);
  } finally {
    await b.run('mv /root/.ssh/hidden /root/.ssh/known_hosts');
  }
});

/** Starts a direct copy that takes half a minute, and waits until its first bytes have been received. */
async function startSlow(): Promise<void> {
  const { a, b } = lab;
  await makeVersions(8_000_000);
  await b.setLink({ rateMbitPerSecond: 4 });
  await a.run(
    `rm -f /tmp/copy*
    (sh -c 'echo $$ > /tmp/copy.pid; exec zfs-vm copy --direct -d tank/vm root@b root@a' > /tmp/copy 2>&1
     echo $? > /tmp/copy.status) > /dev/null 2>&1 &`,
  );
  const deadline = Date.now() + 120_000;
  while (!(await waitOn(a, `zfs list 'tank/vm/my ct' > /dev/null 2>&1`))) {
    assert.ok(Date.now() < deadline, 'the copy does not begin');
  }
}

test('a direct copy goes on in the same run when the connection between the hosts has broken', async () => {
  const { a, b } = lab;
  await startSlow();
  await b.run('ss -K dst 10.77.0.1 dport = 22');
  await b.setLink({});
  const { stdout } = await a.run(
    'while [ ! -s /tmp/copy.status ]; do sleep 0.5; done; cat /tmp/copy.status /tmp/copy',
    { timeoutMs: 120_000 },
  );
  assert.match(stdout, /^0\n/);
  assert.match(stdout, /connection from root@b to root@a lost: /);
  assert.match(stdout, /ct:1 .* resumed/);
  await expectSameContent();
});

test('a direct copy whose client is killed leaves no process on either host, and the next run goes on', async () => {
  const { a, b } = lab;
  await startSlow();
  await a.run('kill -KILL $(cat /tmp/copy.pid)');
  await waitUntilQuiet(b, 10_000);
  await waitUntilQuiet(a, 10_000);
  assert.equal((await b.run(`ps axo args | grep '^ssh .*-l roo[t]' || true`)).stdout, '');
  await b.setLink({});
  const { stdout } = await expectZfsVm(a, 'copy --direct -d tank/vm root@b root@a');
  assert.match(stdout, /ct:1 .* resumed/);
  await expectSameContent();
});
