import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { expectZfsVm, hashFiles, hashVolume, listVersionGuids, makeVolume, snapState } from './client.js';
import { useClientLab } from './use-client-lab.js';

// zfs-vm runs on a, and gets from b what a zfs sends there that can be made to lie.
const lab = useClientLab();

/** A zfs that is found before the real one. With options in /tmp/lie, it sends with them; the rest of a stream it sends as a whole one. */
const wrapper = `#!/bin/sh
if [ "$1" = send ] && [ -s /tmp/lie ]; then
  case "$*" in
  *' -n '*) ;;
  *' -t '*) exec /usr/sbin/zfs send $(cat /tmp/lie) tank/ct@zfs-vm:ct:2 ;;
  *) shift; exec /usr/sbin/zfs send $(cat /tmp/lie) "$@" ;;
  esac
fi
exec /usr/sbin/zfs "$@"
`;

afterEach(() => lab.b.run('rm -f /usr/local/sbin/zfs /tmp/lie'));
beforeEach(async () => {
  await lab.b.run(`cat > /usr/local/sbin/zfs <<'END'\n${wrapper}END\nchmod 755 /usr/local/sbin/zfs`);
  await lab.b.run(
    `set -e; zfs create -o mountpoint=/mnt/ct -o setuid=off -o exec=off -o refquota=900M -o reservation=10M -o user:x=y tank/ct
    zfs create -o mountpoint=/mnt/below tank/ct/below
    head -c 300000 /dev/urandom > /mnt/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1 tank/ct/below@zfs-vm:ct:1`,
  );
  assert.match((await lab.b.run('command -v zfs')).stdout, /^\/usr\/local\/sbin\/zfs$/m);
});

async function lieWith(options: string): Promise<void> {
  await lab.b.run(`echo '${options}' > /tmp/lie`);
}

async function tellTruth(): Promise<void> {
  await lab.b.run('rm -f /tmp/lie');
}

/** Makes more versions, of the uppermost dataset alone. */
async function addVersions(...versions: readonly number[]): Promise<void> {
  for (const version of versions) {
    await lab.b.run(
      `echo ${version} > /mnt/ct/small; zfs snapshot tank/ct@zfs-vm:ct:${version} tank/ct/below@zfs-vm:ct:${version}`,
    );
  }
}

/** What the receiver has, and what of its properties came with streams. */
async function captureReceiver(): Promise<string> {
  const received = await lab.a.run('zfs get -Hp -s received -o name,property,value all -t filesystem,volume');
  return `${await snapState(lab.a)}\n${received.stdout}`;
}

const isRefusal = /root@b: zfs send produced a stream of several datasets or with properties/;

for (const transport of ['ssh2', 'openssh']) {
  for (const option of ['-p', '-R']) {
    test(`over ${transport}, a sender that adds ${option} is refused, from the first stream on and in a lane of increments`, async () => {
      const { a } = lab;
      const words = `--transport ${transport} pull -d tank/in root@b`;
      await lieWith(option);
      const { stderr } = await expectZfsVm(a, words, 1);
      assert.match(stderr, isRefusal);
      assert.equal((await a.run('zfs list -H -o name')).stdout, 'tank\ntank/in\n');
      await tellTruth();
      await expectZfsVm(a, words);
      const before = await captureReceiver();
      await addVersions(2, 3, 4);
      await lieWith(option);
      assert.match((await expectZfsVm(a, words, 1)).stderr, isRefusal);
      assert.equal(await captureReceiver(), before);
      await tellTruth();
      await expectZfsVm(a, words);
      assert.deepEqual(await listVersionGuids(a), await listVersionGuids(lab.b));
    });
  }

  test(`over ${transport}, resumed that is none is refused`, async () => {
    const { a, b } = lab;
    await addVersions(2);
    await b.run('zfs destroy -r tank/ct/below');
    await a.run(
      `zfs create -o canmount=off tank/in
      ssh root@b zfs send -L -e -c tank/ct@zfs-vm:ct:2 | head -c 200000 | zfs receive -s -u tank/in/ct 2>&1 | grep -q saved`,
    );
    const words = `--transport ${transport} pull -n ct:2 --latest -d tank/in root@b`;
    const before = await captureReceiver();
    await lieWith('-p');
    assert.match((await expectZfsVm(a, words, 1)).stderr, isRefusal);
    assert.equal(await captureReceiver(), before);
    await tellTruth();
    const { stdout } = await expectZfsVm(a, words);
    assert.match(stdout, /resumed/);
    assert.equal(await hashFiles(a, 'tank/in/ct@zfs-vm:ct:2'), await hashFiles(b, 'tank/ct@zfs-vm:ct:2'));
  });

  test(`over ${transport}, streams of all kinds that were asked for pass`, async () => {
    const { a, b } = lab;
    await b.run(
      `set -e; zfs destroy -r tank/ct/below
      for version in $(seq 2 12); do echo $version > /mnt/ct/small; zfs snapshot tank/ct@zfs-vm:ct:$version; done
      zfs clone tank/ct@zfs-vm:ct:5 tank/work; ln /mnt/ct/big /mnt/ct/other; rm /mnt/ct/big
      setfattr -n user.long -v "$(head -c 900 /dev/zero | tr '\\0' x)" /tank/work/small 2>/dev/null || true
      head -c 40 /dev/urandom > /tank/work/tiny; zfs snapshot tank/work@zfs-vm:work:1
      zfs create -o recordsize=1M -o compression=zstd tank/wide; head -c 3000000 /dev/urandom > /tank/wide/a
      seq 200000 > /tank/wide/b; zfs snapshot tank/wide@zfs-vm:wide:1; rm /tank/wide/a; zfs snapshot tank/wide@zfs-vm:wide:2
      echo password > /tmp/key; zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key tank/secret
      for file in $(seq 300); do echo $file > /tank/secret/$file; done; zfs snapshot tank/secret@zfs-vm:secret:1
      rm /tank/secret/1*; zfs snapshot tank/secret@zfs-vm:secret:2`,
    );
    await makeVolume(b, 'tank/disk0');
    await b.run(
      'head -c 3000000 /dev/urandom | dd of=/dev/zvol/tank/disk0 bs=64k conv=fsync,notrunc; zfs snapshot tank/disk0@zfs-vm:disk:1',
    );
    await expectZfsVm(a, `--transport ${transport} pull -d tank/in root@b`);
    assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
    for (const version of ['ct@zfs-vm:ct:12', 'work@zfs-vm:work:1', 'wide@zfs-vm:wide:2']) {
      assert.equal(await hashFiles(a, `tank/in/${version}`), await hashFiles(b, `tank/${version}`));
    }
    assert.equal(
      await hashVolume(a, 'tank/in/disk0@zfs-vm:disk:1'),
      await hashVolume(b, 'tank/disk0@zfs-vm:disk:1'),
    );
  });
}

test('a large stream has no datasets in it, and nothing that exposes the receiver', async () => {
  const { a, b } = lab;
  await b.run(
    'head -c 36000000 /dev/urandom > /mnt/ct/large; zfs snapshot tank/ct@zfs-vm:ct:2 tank/ct/below@zfs-vm:ct:2',
  );
  await lieWith('-R');
  const { stderr } = await expectZfsVm(a, 'pull -n ct -d tank/in root@b', 1);
  assert.match(stderr, /cannot specify snapshot name for multi-snapshot stream/);
  assert.equal((await a.run('zfs list -H -o name')).stdout, 'tank\ntank/in\n');
  await tellTruth();
  await expectZfsVm(a, 'pull -n ct -d tank/in root@b');
  assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
  assert.equal(await hashFiles(a, 'tank/in/ct@zfs-vm:ct:2'), await hashFiles(b, 'tank/ct@zfs-vm:ct:2'));
});

test('streams that nobody sees have no datasets in them, and nothing that exposes the receiver', async () => {
  const { a, b } = lab;
  for (const words of ['copy --direct -d tank/in root@b root@a', 'pull --compress -d tank/in root@b']) {
    await a.freshPool();
    await lieWith('-R');
    const { stderr } = await expectZfsVm(a, words, 1);
    assert.match(stderr, /cannot specify snapshot name for multi-snapshot stream/);
    assert.equal((await a.run('zfs list -H -o name')).stdout, 'tank\ntank/in\n');
    await lieWith('-p');
    await expectZfsVm(a, words);
    await b.run(
      'zfs set setuid=on exec=on devices=on mountpoint=/mnt/other tank/ct; zfs set quota=1G tank/ct',
    );
    await addVersions(2, 3);
    await expectZfsVm(a, words);
    const { stdout } = await a.run(
      `zfs get -Hp -o property,value,source canmount,mountpoint,setuid,exec,devices,sharenfs,quota,refquota,reservation,refreservation tank/in/ct`,
    );
    const exposed = stdout.split('\n').filter((line) => line.endsWith('received'));
    assert.deepEqual(exposed, [], stdout);
    assert.match(stdout, /^canmount\tnoauto\tlocal$/m);
    await b.run(
      'zfs set mountpoint=/mnt/ct tank/ct; zfs destroy -r tank/ct@zfs-vm:ct:2; zfs destroy -r tank/ct@zfs-vm:ct:3',
    );
  }
});

test('a user who may not exclude properties hears nothing of that', async () => {
  const { a, b } = lab;
  await a.run('zfs create -o mountpoint=/mnt/mine tank/mine; zfs snapshot tank/mine@zfs-vm:mine:1');
  const { stderr } = await expectZfsVm(a, 'push -d tank/in zed@b');
  assert.doesNotMatch(stderr, /permission denied|property/);
  await a.run('echo more > /mnt/mine/a; zfs snapshot tank/mine@zfs-vm:mine:2');
  assert.doesNotMatch((await expectZfsVm(a, 'push -d tank/in zed@b')).stderr, /permission denied|property/);
  assert.equal((await b.run('zfs get -Hp -o value canmount tank/in/mine')).stdout, 'noauto\n');
});
