import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, makeVolume, versionsOf } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

test('a mounted tree with a volume is restored in place, with its mountpoint, and what was there is set aside whole', async () => {
  const { a } = lab;
  await a.run(
    `set -e; zfs create -o mountpoint=/srv/ct -o compression=off tank/ct; zfs create tank/ct/data
    echo one > /srv/ct/f; echo one > /srv/ct/data/f`,
  );
  await makeVolume(a, 'tank/ct/disk', 16);
  const write = (mark: string): string => `echo ${mark} | dd of=/dev/zvol/tank/ct/disk conv=fsync,notrunc`;
  await a.run(`set -e; ${write('one')}; zfs snapshot -r tank/ct@zfs-vm:ct:1`);
  await a.run(
    `set -e; echo two > /srv/ct/f; ${write('two')}; zfs snapshot -r tank/ct@zfs-vm:ct:2
    echo three > /srv/ct/data/f; zpool sync`,
  );
  const planned = await expectZfsVm(a, 'plan restore ct:1');
  assert.match(planned.stdout, /^would restore tank\/ct to ct:1; nothing is destroyed$/m);
  const { stdout } = await expectZfsVm(a, 'restore ct:1');
  assert.match(stdout, /^restored tank\/ct \(mounted at \/srv\/ct\) at ct:1$/m);
  const [, aside = ''] = /^kept (\S+) with ct:2 and what was written since$/m.exec(stdout) ?? [];
  assert.match(aside, /^tank\/ct-set-aside-/, stdout);
  const state = await a.run(
    `set -e; udevadm settle; cat /srv/ct/f /srv/ct/data/f; head -c 4 /dev/zvol/tank/ct/disk
    zfs get -Ho value compression,mountpoint,canmount,mounted tank/ct; zfs get -Ho value canmount,mounted ${aside}
    mkdir /tmp/aside; mount -t zfs -o zfsutil ${aside}/data /tmp/aside; cat /tmp/aside/f; umount /tmp/aside
    zfs get -Ho value origin ${aside} ${aside}/data ${aside}/disk`,
  );
  assert.deepEqual(state.stdout.trim().split('\n'), [
    ...['one', 'one', 'one', 'off', '/srv/ct', 'on', 'yes', 'noauto', 'no', 'three'],
    ...['', '/data', '/disk'].map((part) => `tank/ct${part}@zfs-vm:ct:1`),
  ]);
  assert.equal(await versionsOf(a, 'tank/ct'), 'ct:1');
  assert.equal(await versionsOf(a, aside), 'ct:2');
  await a.run('date > /srv/ct/g');
  assert.match((await expectZfsVm(a, 'tag tank/ct')).stdout, /^tank\/ct@zfs-vm:ct:3$/m);
});

test('a filesystem in use is left as it was', async () => {
  const { a } = lab;
  await a.run('set -e; zfs create tank/busy; zfs snapshot tank/busy@zfs-vm:busy:1; date > /tank/busy/f');
  await a.run(
    '(cd /tank/busy && exec sleep 300) > /dev/null 2>&1 < /dev/null & echo $! > /run/sitter; sleep 0.3',
  );
  try {
    const { stderr } = await expectZfsVm(a, 'restore busy:1', 1);
    assert.match(stderr, /tank\/busy is as it was/);
    const { stdout } = await a.run('set -e; cat /tank/busy/f; zfs get -Ho value mounted tank/busy');
    assert.match(stdout, /\nyes\n$/);
  } finally {
    await a.run('kill $(cat /run/sitter)');
  }
});

test('the newest version is untagged here and on a copy, which goes on from the one before; a streamline is renamed on both', async () => {
  const { a, b } = lab;
  await a.run(
    'set -e; zfs create tank/web; for v in 1 2; do date > /tank/web/$v; zfs snapshot tank/web@zfs-vm:web:$v; done',
  );
  await expectZfsVm(a, 'push root@b');
  await expectZfsVm(a, 'untag --yes web:2', 3);
  await expectZfsVm(a, 'untag --yes --also-on root@b web:2');
  assert.equal(await versionsOf(b, 'tank/web'), 'web:1');
  await a.run('date > /tank/web/3');
  assert.match((await expectZfsVm(a, 'tag tank/web')).stdout, /web:2/);
  await expectZfsVm(a, 'push root@b');
  await expectZfsVm(a, 'rename --also-on root@b web site');
  for (const host of [a, b]) assert.equal(await versionsOf(host, 'tank/web'), 'site:1 site:2');
  assert.match((await expectZfsVm(a, 'show site:2 root@b')).stdout, /^root@b +tank\/web /m);
});
