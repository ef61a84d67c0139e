import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, hashFiles, hashVolume, makeVolume, snapState, versionsOf } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** Pushes the first version of tank/ct, and makes a second one that host b lacks. */
async function pushFirst(): Promise<void> {
  const { a, outside } = lab;
  await a.run('set -e; zfs create tank/ct; seq 10000 > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1');
  await expectZfsVm(outside, 'push root@b');
  await a.run('date > /tank/ct/g; zfs snapshot tank/ct@zfs-vm:ct:2');
}

/** The dataset that was set aside on host b. */
async function asideOf(dataset = 'tank/ct'): Promise<string> {
  const { stdout } = await lab.b.run('zfs list -H -o name');
  const found = stdout.split('\n').filter((name) => name.startsWith(`${dataset}-set-aside-`));
  assert.equal(found.length, 1, stdout);
  return found[0] ?? '';
}

async function expectSameFiles(version: string): Promise<void> {
  const { a, b } = lab;
  assert.equal(await hashFiles(b, `tank/ct@${version}`), await hashFiles(a, `tank/ct@${version}`));
}

test('what a receiver has made of a copy is set aside whole, and the copy goes on with its properties', async () => {
  const { a, b, outside } = lab;
  await pushFirst();
  await b.run(
    `set -e; zfs set quota=1G tank/ct; zfs set compression=off tank/ct; zfs set user:of=beta tank/ct
    zfs mount tank/ct; echo one > /tank/ct/theirs; zfs snapshot tank/ct@daily; zfs hold keep tank/ct@daily
    zfs bookmark tank/ct@daily tank/ct#daily
    zfs clone -o canmount=noauto tank/ct@daily tank/work; echo two > /tank/ct/theirs; zfs umount tank/ct`,
  );
  const { stdout } = await expectZfsVm(outside, 'push --set-aside root@b');
  const aside = await asideOf();
  assert.ok(stdout.includes(`set aside root@b:tank/ct as ${aside}, with tank/ct@daily`), stdout);
  const values = await b.run(
    `set -e; zfs get -Ho value quota,compression,user:of ${aside}; zfs get -Ho value quota,compression,user:of tank/ct
    zfs holds -H ${aside}@daily | cut -f2; zfs list -H -t bookmark -o name ${aside}; zfs get -Ho value origin tank/work
    zfs get -Ho value origin ${aside}; zfs mount ${aside}; cat /${aside}/theirs; zfs umount ${aside}`,
  );
  assert.deepEqual(values.stdout.trim().split('\n'), [
    ...['1G', 'off', 'beta', '1G', 'off', 'beta'],
    ...['keep', `${aside}#daily`, `${aside}@daily`, 'tank/ct@zfs-vm:ct:1', 'two'],
  ]);
  assert.equal(await versionsOf(b, 'tank/ct'), 'ct:1 ct:2');
  await expectSameFiles('zfs-vm:ct:2');
  await a.run('date > /tank/ct/h; zfs snapshot tank/ct@zfs-vm:ct:3');
  await expectZfsVm(outside, 'push root@b');
  assert.equal(await versionsOf(b, 'tank/ct'), 'ct:1 ct:2 ct:3');
  assert.equal(await versionsOf(b, aside), 'daily');
  await expectSameFiles('zfs-vm:ct:3');
});

test('a volume is set aside with what was written to it', async () => {
  const { a, b, outside } = lab;
  await makeVolume(a, 'tank/disk', 16);
  const write = (mark: string): string => `echo ${mark} | dd of=/dev/zvol/tank/disk conv=fsync,notrunc`;
  await a.run(`${write('one')}; zfs snapshot tank/disk@zfs-vm:disk:1`);
  await expectZfsVm(outside, 'push root@b');
  await a.run(`${write('two')}; zfs snapshot tank/disk@zfs-vm:disk:2`);
  await b.run(`udevadm settle; ${write('theirs')}; zpool sync`);
  await expectZfsVm(outside, 'push root@b', 3);
  await expectZfsVm(outside, 'push --set-aside root@b');
  const aside = await asideOf('tank/disk');
  const { stdout } = await b.run(
    `udevadm settle; head -c 6 /dev/zvol/${aside}; zfs get -Ho value volsize ${aside}`,
  );
  assert.equal(stdout, 'theirs16M\n');
  assert.equal(
    await hashVolume(b, 'tank/disk@zfs-vm:disk:2'),
    await hashVolume(a, 'tank/disk@zfs-vm:disk:2'),
  );
});

test('an encrypted copy whose key is not there is set aside, the next raw increment arrives, and both open', async () => {
  const { a, b, outside } = lab;
  await a.run(
    `set -e; printf 'pass of sec' > /root/key-aside
    zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///root/key-aside tank/sec
    echo one > /tank/sec/f; zfs snapshot tank/sec@zfs-vm:sec:1`,
  );
  await expectZfsVm(outside, 'push root@b');
  await b.run('zfs snapshot tank/sec@daily');
  await a.run('echo two > /tank/sec/f; zfs snapshot tank/sec@zfs-vm:sec:2');
  await expectZfsVm(outside, 'push --set-aside root@b');
  const aside = await asideOf('tank/sec');
  const { stdout } = await b.run(
    `set -e
    printf 'pass of sec' | zfs load-key -L prompt tank/sec; zfs mount -o ro tank/sec; zfs mount -o ro ${aside}
    cat /tank/sec/f /${aside}/f; zfs umount tank/sec; zfs umount ${aside}`,
  );
  assert.equal(stdout, 'two\none\n');
});

test('a copy in which somebody is stays as it is: nothing is set aside, and the message says so', async () => {
  const { a, b, outside } = lab;
  await pushFirst();
  await b.run(
    `zfs mount tank/ct; echo theirs > /tank/ct/theirs; zpool sync
    (cd /tank/ct && exec setsid sleep 300) > /dev/null 2>&1 & echo $! > /run/sitter; sleep 0.3`,
  );
  try {
    const before = await snapState(b);
    const { stderr } = await expectZfsVm(outside, 'push --set-aside --retries 0 root@b', 1);
    assert.match(stderr, /cannot unmount '\/tank\/ct': pool or dataset is busy/);
    assert.match(stderr, /was not changed/);
    assert.equal(await snapState(b), before);
    assert.equal((await b.run('cat /tank/ct/theirs')).stdout, 'theirs\n');
  } finally {
    await b.run('kill $(cat /run/sitter)');
  }
  await expectZfsVm(outside, 'push --set-aside root@b');
  assert.equal(await versionsOf(b, 'tank/ct'), await versionsOf(a, 'tank/ct'));
});

test('what "plan --commands" prints does by hand what the run does', async () => {
  const { a, b, outside } = lab;
  await pushFirst();
  await b.run(
    'zfs set compression=off tank/ct; zfs set user:of="it is beta" tank/ct; zfs snapshot tank/ct@daily',
  );
  const { stdout } = await expectZfsVm(outside, 'plan push --set-aside --commands root@b');
  await outside.run(`set -e\n${stdout}`);
  const aside = await asideOf();
  const { stdout: values } = await b.run(
    `zfs get -Ho value compression,user:of,canmount tank/ct; zfs get -Hpo value zfs-vm:role ${aside} | cut -d' ' -f1`,
  );
  assert.equal(values, 'off\nit is beta\nnoauto\naside\n');
  assert.equal(await versionsOf(b, 'tank/ct'), await versionsOf(a, 'tank/ct'));
  await a.run('zfs snapshot tank/ct@zfs-vm:ct:3');
  await expectZfsVm(outside, 'push root@b');
  assert.equal(await versionsOf(b, aside), 'daily');
});
