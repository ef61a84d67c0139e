import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, listVersionGuids, makeVolume } from './client.js';
import type { LabHost } from './lab-host.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** Values of properties, a line each; with where they come from when that is asked for. */
async function get(host: LabHost, dataset: string, names: string, columns = 'value'): Promise<string> {
  const { stdout } = await host.run(['zfs', 'get', '-Hp', '-o', columns, names, dataset]);
  return stdout.trim();
}

test('-o reaches new filesystems, volumes and clones, and what gets an increment', async () => {
  const { a, b, outside } = lab;
  await makeVolume(a, 'tank/disk', 16);
  await a.run(
    `set -e; zfs create tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1; zfs snapshot tank/disk@zfs-vm:disk:1
    zfs clone tank/ct@zfs-vm:ct:1 tank/next; date > /tank/next/x; zfs snapshot tank/next@zfs-vm:ct:2`,
  );
  const options = "-o compression=gzip-3 -o 'user:note=for the web' -o atime=off";
  const first = await expectZfsVm(outside, `push -d tank/x ${options} root@b`);
  assert.equal(first.stderr, '');
  for (const name of ['ct', 'disk', 'next']) {
    const values = await get(b, `tank/x/${name}`, 'compression,user:note');
    assert.equal(values, 'gzip-3\nfor the web', name);
  }
  assert.equal(await get(b, 'tank/x/ct', 'atime,canmount'), 'off\nnoauto');
  await a.run('zfs snapshot tank/ct@zfs-vm:ct:1.1.0; zfs snapshot tank/disk@zfs-vm:disk:2');
  const second = await expectZfsVm(outside, 'push -o compression=lz4 -o canmount=off -x atime root@b');
  assert.equal(second.stderr, '');
  assert.equal(await get(b, 'tank/x/ct', 'compression,canmount'), 'lz4\noff');
  assert.equal(await get(b, 'tank/x/disk', 'compression'), 'lz4');
});

test('canmount and mountpoint are what the person says, and nothing is mounted for it', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1');
  await expectZfsVm(outside, 'push -d tank/x -o canmount=on -o mountpoint=/srv/ct root@b');
  assert.equal(await get(b, 'tank/x/ct', 'canmount,mountpoint,mounted'), 'on\n/srv/ct\nno');
});

test('through a sudo that logs what its commands read, everything arrives, though each stream needs a channel of its own', async () => {
  const { a, b, outside } = lab;
  await b.run("echo 'Defaults:fjoe log_input' > /etc/sudoers.d/logging; chmod 440 /etc/sudoers.d/logging");
  try {
    // With a snapshot of somebody else between them, no version shares a stream.
    await a.run(
      `set -e; for name in ct db; do
        zfs create tank/$name
        for version in 1 2 3; do
          head -c 300000 /dev/urandom > /tank/$name/$version
          zfs snapshot tank/$name@zfs-vm:$name:$version; zfs snapshot tank/$name@mine-$version
        done
      done`,
    );
    await expectZfsVm(outside, '-s push -d tank/x fjoe@b');
    assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
    assert.notEqual((await b.run('find /var/log/sudo-io -name stdin -size +200k')).stdout, '');
  } finally {
    await b.run('rm -rf /etc/sudoers.d/logging /var/log/sudo-io');
  }
});

test('a value that zfs refuses fails the stream with its words, and leaves nothing', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1');
  const { stderr } = await expectZfsVm(outside, 'push -d tank/x -o compression=best root@b', 1);
  assert.match(stderr, /'compression' must be one of/);
  assert.notEqual((await b.run('zfs list tank/x/ct', { check: false })).code, 0);
});

test('an encrypted dataset takes other properties, and stays encrypted as it was', async () => {
  const { a, b, outside } = lab;
  await a.run(
    `echo secretsecret | zfs create -o encryption=on -o keyformat=passphrase tank/secret
    zfs snapshot tank/secret@zfs-vm:secret:1; zfs snapshot tank/secret@zfs-vm:secret:2`,
  );
  await expectZfsVm(outside, 'push -d tank/x -o encryption=off -o compression=lz4 root@b');
  assert.equal(await get(b, 'tank/x/secret', 'encryption,compression'), 'aes-256-gcm\nlz4');
});

test('--props carries what is set on the sender to new datasets, and nothing that exposes them', async () => {
  const { a, b, outside } = lab;
  await makeVolume(a, 'tank/disk', 16);
  await a.run(
    `set -e; zfs create -o recordsize=16K -o compression=gzip -o user:note=web -o mountpoint=/srv/a -o quota=1G tank/ct
    zfs set sharenfs=off tank/ct; zfs set user:note=disk tank/disk
    zfs snapshot tank/ct@zfs-vm:ct:1; zfs snapshot tank/disk@zfs-vm:disk:1`,
  );
  await expectZfsVm(outside, 'push -d tank/x --props storage,user:note,refreservation root@b');
  const columns = 'value,source';
  assert.equal(
    await get(b, 'tank/x/ct', 'recordsize,compression,user:note', columns),
    '16384\tlocal\ngzip\tlocal\nweb\tlocal',
  );
  assert.equal(
    await get(b, 'tank/x/ct', 'mountpoint,sharenfs,quota', columns),
    '/tank/x/ct\tdefault\noff\tdefault\n0\tdefault',
  );
  assert.equal(await get(b, 'tank/x/disk', 'user:note'), 'disk');
  assert.equal(await get(b, 'tank/x/disk', 'refreservation'), await get(a, 'tank/disk', 'refreservation'));

  await a.run('zfs set recordsize=32K tank/ct; zfs snapshot tank/ct@zfs-vm:ct:2');
  await expectZfsVm(outside, 'push --props storage root@b');
  assert.equal(await get(b, 'tank/x/ct', 'recordsize'), '16384', 'what is there keeps what it has');
  await expectZfsVm(outside, 'push --props storage,nonsense root@b', 1);
});

test('without --props nothing travels, and a thick volume becomes a thin one', async () => {
  const { a, b, outside } = lab;
  await makeVolume(a, 'tank/disk', 16);
  await a.run(
    'zfs create -o recordsize=16K tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1; zfs snapshot tank/disk@zfs-vm:disk:1',
  );
  await expectZfsVm(outside, 'push -d tank/x root@b');
  assert.equal(await get(b, 'tank/x/ct', 'recordsize'), '131072');
  assert.notEqual(await get(a, 'tank/disk', 'refreservation'), '0');
  assert.equal(await get(b, 'tank/x/disk', 'refreservation'), '0');
});

test('a property that the user may not set is told, and the version arrives', async () => {
  const { a, outside } = lab;
  await a.run('zfs create tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1');
  const { stderr } = await expectZfsVm(outside, 'push -d tank/x -o copies=2 zed@b');
  assert.match(stderr, /warning: zed@b: cannot receive copies property on tank\/x\/ct: permission denied/);
});

/** A filesystem that isn't compressed on disk, in three versions with a clone: about 6 MB that zstd makes small. */
const makePlainImage = [
  'set -e; zfs create -o compression=off tank/ct; seq 300000 > /tank/ct/one; zfs snapshot tank/ct@zfs-vm:ct:1',
  'seq 300001 600000 > /tank/ct/two; zfs snapshot tank/ct@zfs-vm:ct:2',
  'zfs clone -o compression=off tank/ct@zfs-vm:ct:2 tank/next; seq 300000 > /tank/next/three',
  'zfs snapshot tank/next@zfs-vm:ct:3; date > /tank/next/four; zfs snapshot tank/next@zfs-vm:ct:4',
].join('\n');

function wireBytes(stdout: string): number {
  const finished = stdout.split('\n').find((line) => line.startsWith('{"event":"finished"'));
  return (JSON.parse(finished ?? '{}') as { bytes: number }).bytes;
}

test('--compress brings the same versions in fewer bytes, both ways', async () => {
  const { a, b, outside } = lab;
  await a.run(makePlainImage);
  const plain = await expectZfsVm(outside, 'push --json -d tank/plain root@b');
  await b.run('zfs destroy -R tank/plain');
  const packed = await expectZfsVm(outside, 'push --json --compress -d tank/x root@b');
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.match(packed.stdout, /^\{"event":"compressing"\}$/m);
  assert.ok(wireBytes(packed.stdout) * 2 < wireBytes(plain.stdout), packed.stdout);
  assert.equal(await get(b, 'tank/x/next', 'origin'), 'tank/x/ct@zfs-vm:ct:2');

  await a.run('zfs destroy -r tank/next; zfs destroy -r tank/ct');
  const pulled = await expectZfsVm(a, '-s pull --compress -d tank/back fjoe@b');
  assert.match(pulled.stdout, /^done: 4 versions, .*, compressed to /m);
  assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
});

test('where a host has no zstd, that is said once, and everything arrives all the same', async () => {
  const { a, b, outside } = lab;
  await a.run(makePlainImage);
  await b.run('chmod 0 $(command -v zstd)');
  try {
    // Nobody but root could run it now, and root can't either.
    const { stdout, stderr } = await expectZfsVm(outside, 'push --compress -d tank/x root@b');
    assert.equal(stderr, 'warning: zstd not found on root@b: sending uncompressed streams\n');
    assert.match(stdout, /^done: 4 versions, /m);
    assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  } finally {
    await b.run('chmod 755 $(ls /usr/bin/zstd)');
  }
});

test('a compressed stream that fails tells which side it was', async () => {
  const { a, b, outside } = lab;
  await a.run(`${makePlainImage}\nzfs create -o quota=2M tank/none`);
  await b.run('zfs create -o quota=3M tank/x');
  const { stderr } = await expectZfsVm(outside, 'push --compress -d tank/x root@b', 1);
  assert.match(
    stderr,
    /root@b: no space left \(pool full or quota exceeded\); what was received is kept[^]*(quota|space)/,
  );
});

test('a plan as commands does what it says, with its properties and compressed', async () => {
  const { a, b, outside } = lab;
  await a.run(makePlainImage);
  const options = "--compress -o 'user:note=it is' --props compression";
  const { stdout } = await expectZfsVm(outside, `plan push --commands -d tank/x ${options} root@b`);
  assert.match(stdout, / \| zstd -q -c \| ssh root@b 'zstd -d -q -c \| zfs receive /);
  await a.run(`set -e\n${stdout}`);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.equal(await get(b, 'tank/x/next', 'user:note,compression'), 'it is\noff');
});
