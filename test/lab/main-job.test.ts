import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, hashFiles, hashVolume, listVersionGuids, makeVolume, snapState } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

test("the seed's examples work as they are written", async () => {
  const { a, b } = lab;
  const home = '/root/.ssh/config';
  await a.run(`printf 'Host remote-host\\n  HostName b\\n' > ${home}`);
  await a.run(
    'truncate -s 1G /var/tmp/pool.img && zpool create pool /var/tmp/pool.img && zfs create -p pool/src/OpenVZ/Instance/1007',
  );
  await b.run('truncate -s 1G /var/tmp/pool.img && zpool create pool /var/tmp/pool.img');
  try {
    const tag = await expectZfsVm(a, 'tag -n debian-7:1 pool/src/OpenVZ/Instance/1007');
    assert.equal(tag.stdout, 'pool/src/OpenVZ/Instance/1007@zfs-vm:debian-7:1\n');
    assert.match((await expectZfsVm(a, 'list')).stdout, /pool\/src\/OpenVZ\/Instance\/1007/);

    await expectZfsVm(a, '-s push fjoe@remote-host');
    assert.match(
      (await expectZfsVm(a, '-s list fjoe@remote-host')).stdout,
      /pool\/src\/OpenVZ\/Instance\/1007/,
    );
    assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));

    await b.run('zfs destroy -r pool/src');
    await expectZfsVm(a, '-s push -d tank/vm fjoe@remote-host');
    assert.match((await expectZfsVm(a, '-s list fjoe@remote-host')).stdout, / tank\/vm\/1007/);

    await a.run('zfs destroy -r pool/src');
    await expectZfsVm(a, '-s pull -d pool/back fjoe@remote-host');
    assert.match((await expectZfsVm(a, 'list')).stdout, / pool\/back\/1007/);
    await expectZfsVm(a, '-s pull fjoe@remote-host');
  } finally {
    await a.run(`rm ${home}; zpool destroy pool; rm /var/tmp/pool.img`);
    await b.run('zpool destroy pool; rm /var/tmp/pool.img');
  }
});

test('five versions of a filesystem and a volume go there and back with every byte and GUID', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct');
  await makeVolume(a, 'tank/disk0');
  for (let version = 1; version <= 5; version++) {
    await a.run(
      `head -c 1500000 /dev/urandom > /tank/ct/file${version % 3}; mkdir -p '/tank/ct/a b'; date > '/tank/ct/a b/when'`,
    );
    await a.run(
      `head -c 1000000 /dev/urandom | dd of=/dev/zvol/tank/disk0 bs=64k seek=${version * 10} conv=fsync,notrunc`,
    );
    await expectZfsVm(outside, `tag ${version === 1 ? '-n ct:1' : ''} tank/ct`);
    await expectZfsVm(outside, `tag ${version === 1 ? '-n disk:1.0.0' : ''} tank/disk0`);
  }
  const hashAll = async (host: typeof a, folder: string): Promise<string[]> => {
    const hashes: string[] = [];
    for (let version = 1; version <= 5; version++) {
      hashes.push(await hashFiles(host, `${folder}/ct@zfs-vm:ct:${version}`));
      hashes.push(await hashVolume(host, `${folder}/disk0@zfs-vm:disk:1.0.${version - 1}`));
    }
    return hashes;
  };
  const original = await hashAll(a, 'tank');
  const guids = await listVersionGuids(a);
  assert.equal(new Set(original).size, 10);
  assert.equal(guids.length, 10);

  const push = await expectZfsVm(a, '-s push -d tank/vm fjoe@b');
  assert.match(push.stdout, /^done: 10 versions, /m);
  assert.deepEqual(await listVersionGuids(b), guids);
  assert.deepEqual(await hashAll(b, 'tank/vm'), original);

  await a.run('zfs destroy -r tank/ct; zfs destroy -r tank/disk0');
  const pull = await expectZfsVm(a, '-s pull -d tank/back fjoe@b');
  assert.match(pull.stdout, /^done: 10 versions, /m);
  assert.deepEqual(await listVersionGuids(a), guids);
  assert.deepEqual(await hashAll(a, 'tank/back'), original);
});

test('a second push sends only what is new, to where the receiver keeps it, and a third nothing', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct');
  await expectZfsVm(outside, 'tag -n ct:1 tank/ct');
  await expectZfsVm(outside, 'push -d tank/vm root@b');
  await a.run('date > /tank/ct/now');
  await expectZfsVm(outside, 'tag tank/ct');
  const second = await expectZfsVm(outside, 'push root@b');
  assert.match(second.stdout, /ct:2 {2}tank\/ct -> root@b:tank\/vm\/ct {2}incremental since ct:1/);
  assert.match(second.stdout, /^done: 1 version, /m);
  const before = await snapState(b);
  const third = await expectZfsVm(outside, 'push root@b');
  assert.match(third.stdout, /^nothing to do: root@b is up to date$/m);
  assert.equal(await snapState(b), before);
});

test('a tag of a clone continues the streamline, and the clone stays a clone on the receiver', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct; head -c 5000000 /dev/urandom > /tank/ct/big');
  await expectZfsVm(outside, 'tag -n ct:1 tank/ct');
  await a.run('zfs clone tank/ct@zfs-vm:ct:1 tank/next; date > /tank/next/now');
  assert.equal((await expectZfsVm(outside, 'tag tank/next')).stdout, 'tank/next@zfs-vm:ct:2\n');
  await a.run('date > /tank/next/again');
  await expectZfsVm(outside, 'tag next');
  await expectZfsVm(outside, 'push -d tank/vm root@b');
  const { stdout: origin } = await b.run('zfs get -Hp -o value origin tank/vm/next');
  assert.equal(origin, 'tank/vm/ct@zfs-vm:ct:1\n');
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  const { stdout: used } = await b.run('zfs get -Hp -o value used tank/vm/next');
  assert.ok(Number(used) < 1_000_000, `the clone shares its blocks, and takes only ${used}`);
});

test('nothing that is received gets mounted, now or later', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct');
  await expectZfsVm(outside, 'tag -n ct:1 tank/ct');
  await expectZfsVm(outside, 'push -d tank/vm root@b');
  await b.run('zfs mount -a');
  const { stdout } = await b.run('zfs list -H -o name,mounted,canmount -r tank/vm');
  assert.equal(stdout, 'tank/vm\tno\toff\ntank/vm/ct\tno\tnoauto\n');
});

test('a copy within one machine takes another place, and follows', async () => {
  const { a } = lab;
  await a.run('zfs create tank/ct');
  await expectZfsVm(a, 'tag -n ct:1 tank/ct');
  await expectZfsVm(a, 'push -d tank/backup local');
  await expectZfsVm(a, 'tag tank/ct');
  assert.match((await expectZfsVm(a, 'push -d tank/backup local')).stdout, /ct:2 .*incremental since ct:1/);
  const { stdout } = await a.run(
    "zfs list -H -t snapshot -o guid,name -r tank | sort | uniq -w 15 -c | grep -c ' 2 '",
  );
  assert.equal(stdout, '2\n');
});

test('a user with rights from zfs allow and no sudo can receive and send', async () => {
  const { a, b } = lab;
  await a.run('zfs create tank/ct');
  await a.run('for i in 1 2 3; do zfs snapshot tank/ct@zfs-vm:ct:$i; done');
  await expectZfsVm(a, 'push -d tank/vm zed@b');
  await a.run('zfs destroy -r tank/ct');
  // Without the right to hold snapshots, zfs sends each increment by itself only.
  await b.run('zfs unallow -u zed hold tank');
  await expectZfsVm(a, 'pull -d tank/back zed@b');
  assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
});

test('streamlines and datasets with spaces in their names work', async () => {
  const { a, b, outside } = lab;
  await a.run("zfs create 'tank/my ct'");
  await expectZfsVm(outside, "tag -n 'my image:1' 'tank/my ct'");
  await expectZfsVm(outside, "-s push -n 'my image' -d 'tank/their vm' fjoe@b");
  assert.match(
    (await b.run('zfs list -H -t snapshot -o name')).stdout,
    /^tank\/their vm\/my ct@zfs-vm:my image:1$/m,
  );
});

test('an encrypted dataset arrives encrypted, without its key, also where a stream of it was begun by hand', async () => {
  const { a, b, outside } = lab;
  const makeVersion =
    'head -c 2000000 /dev/urandom > /tank/secret/$version; zfs snapshot tank/secret@zfs-vm:secret:$version';
  await a.run(
    `echo secretsecret | zfs create -o encryption=on -o keyformat=passphrase tank/secret
    for version in 1 2; do ${makeVersion}; done`,
  );
  const begin = (words: string): string =>
    `zfs send ${words} | head -c 1000000 | ssh root@b zfs receive -s -u tank/vm/secret 2>&1 | grep 'Partially received'`;
  await b.run('zfs create -p tank/vm');
  await a.run(begin('tank/secret@zfs-vm:secret:1'));
  const first = await expectZfsVm(outside, 'push -n secret:1 -d tank/vm root@b');
  assert.match(first.stdout, /^discard the interrupted receive of tank\/secret@zfs-vm:secret:1 /m);
  await a.run(begin('-w -i @zfs-vm:secret:1 tank/secret@zfs-vm:secret:2'));
  const second = await expectZfsVm(outside, 'push -d tank/vm root@b');
  assert.match(second.stdout, /^secret:2 .*resumed/m);
  const { stdout } = await b.run('zfs get -H -o value encryption,keystatus tank/vm/secret');
  assert.match(stdout, /^aes-256-gcm\nunavailable\n$/);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
});

test('list as JSON has every version, its GUID as text, and what was ignored', async () => {
  const { a, outside } = lab;
  await a.run('zfs create tank/ct; zfs snapshot tank/ct@zfs-vm:oops; zfs snapshot tank/ct@daily');
  await expectZfsVm(outside, 'tag -n ct:9 tank/ct');
  await expectZfsVm(outside, 'tag tank/ct');
  const { stdout, stderr } = await expectZfsVm(outside, 'list --json');
  const listed = JSON.parse(stdout) as {
    schemaVersion: number;
    host: string;
    streamlines: { name: string; versions: { version: string; guid: string; dataset: string }[] }[];
    ignored: { name: string }[];
  };
  assert.equal(listed.schemaVersion, 1);
  assert.equal(listed.host, 'local');
  assert.deepEqual(
    listed.streamlines.map(({ name, versions }) => [name, ...versions.map(({ version }) => version)]),
    [['ct', '9', '10']],
  );
  assert.deepEqual(
    listed.ignored.map(({ name }) => name),
    ['zfs-vm:oops'],
  );
  assert.equal(stderr, '');
  const { stdout: guid } = await a.run('zfs get -Hp -o value guid tank/ct@zfs-vm:ct:9');
  assert.equal(listed.streamlines[0]?.versions[0]?.guid, guid.trim());
});

test('an id that fits several datasets is refused with the candidates, and nothing is tagged', async () => {
  const { a, outside } = lab;
  await a.run(
    'zfs create tank/subvol-100-disk-0; zfs create -V 16M tank/vm-101-disk-0; zfs create -V 16M tank/vm-101-disk-1',
  );
  await expectZfsVm(outside, 'tag -n ct:1 100');
  const before = await snapState(a);
  const refused = await expectZfsVm(outside, 'tag -n vm:1 101', 2);
  assert.match(refused.stderr, /tank\/vm-101-disk-0\n.*tank\/vm-101-disk-1\n/);
  assert.equal(await snapState(a), before);
});
