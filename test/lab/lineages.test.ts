import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, listVersionGuids, snapState } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** Pushes, and expects that host b has all versions of a, nothing is left to send, and a second push changes nothing. */
async function pushAll(options = '-d tank/x'): Promise<string> {
  const { a, b, outside } = lab;
  const { stdout } = await expectZfsVm(outside, `push ${options} root@b`);
  const theirs = new Set(await listVersionGuids(b));
  for (const ours of await listVersionGuids(a)) assert.ok(theirs.has(ours), `${ours} is missing on b`);
  const state = await snapState(b);
  assert.match(
    (await expectZfsVm(outside, `push ${options} root@b`)).stdout,
    /^nothing to do: root@b is up to date(;|$)/m,
  );
  assert.equal(await snapState(b), state);
  return stdout;
}

async function originOf(dataset: string): Promise<string> {
  const { stdout } = await lab.b.run(['zfs', 'get', '-Hp', '-o', 'value', 'origin', dataset]);
  return stdout.trim();
}

async function usedBy(dataset: string): Promise<number> {
  const { stdout } = await lab.b.run(['zfs', 'get', '-Hp', '-o', 'value', 'used', dataset]);
  return Number(stdout);
}

/** Shell text: a filesystem with 2 MB that no compression makes smaller, tagged web:1 and web:2. */
const makeImage = [
  'set -e; zfs create tank/vm; head -c 2000000 /dev/urandom > /tank/vm/big; zfs snapshot tank/vm@zfs-vm:web:1',
  'date > /tank/vm/two; zfs snapshot tank/vm@zfs-vm:web:2',
].join('\n');

test('a clone of a clone arrives as such, blocks shared', async () => {
  await lab.a.run(
    `${makeImage}
    zfs clone tank/vm@zfs-vm:web:1 tank/c1; date > /tank/c1/x; zfs snapshot tank/c1@zfs-vm:web:3
    zfs clone tank/c1@zfs-vm:web:3 tank/c2; date > /tank/c2/y; zfs snapshot tank/c2@zfs-vm:web:4`,
  );
  await pushAll();
  assert.equal(await originOf('tank/x/c1'), 'tank/x/vm@zfs-vm:web:1');
  assert.equal(await originOf('tank/x/c2'), 'tank/x/c1@zfs-vm:web:3');
  for (const clone of ['tank/x/c1', 'tank/x/c2']) assert.ok((await usedBy(clone)) < 500_000);
});

test('after a promotion on the sender, what goes on elsewhere is cloned on the receiver too', async () => {
  await lab.a.run(
    `${makeImage}
    zfs clone tank/vm@zfs-vm:web:1 tank/new; date > /tank/new/x`,
  );
  await pushAll();
  await lab.a.run('zfs promote tank/new; zfs snapshot tank/new@zfs-vm:web:3');
  await pushAll();
  assert.equal(await originOf('tank/x/new'), 'tank/x/vm@zfs-vm:web:1');
  assert.ok((await usedBy('tank/x/new')) < 500_000);
});

test('a clone whose origin was pruned on the receiver is cloned from an older ancestor', async () => {
  const { a, b, outside } = lab;
  await a.run(`${makeImage}\nzfs snapshot tank/vm@zfs-vm:web:3`);
  await pushAll();
  await b.run('zfs destroy tank/x/vm@zfs-vm:web:2');
  await a.run(
    'zfs clone tank/vm@zfs-vm:web:2 tank/new; date > /tank/new/x; zfs snapshot tank/new@zfs-vm:web:4',
  );
  const { stdout } = await expectZfsVm(outside, 'push -d tank/x root@b');
  assert.match(stdout, /web:4 .* clone of web:1/);
  assert.equal(await originOf('tank/x/new'), 'tank/x/vm@zfs-vm:web:1');
});

test('of a receiver, no more is listed than differs', async () => {
  const { a, b, outside } = lab;
  await a.run(`${makeImage}\nzfs create tank/other; zfs snapshot tank/other@zfs-vm:other:1`);
  await expectZfsVm(outside, 'push -d tank/x root@b');
  const inStep = (await expectZfsVm(outside, 'push -v root@b')).stdout;
  assert.match(inStep, /reading 4 snapshots by name/);
  assert.doesNotMatch(inStep, /the snapshots of|all snapshots/);
  // Where it is to be expected, the first question is the last one.
  const expected = (await expectZfsVm(outside, 'push -v -d tank/x root@b')).stdout;
  assert.match(
    expected,
    /reading 4 snapshots by name, and the newest snapshots of datasets that differ on root@b/,
  );
  // What the sender's datasets don't tell, the older version, is asked for in the same command.
  assert.match(expected, /reading 1 snapshot by name on root@b/);
  assert.equal(expected.match(/reading .* on root@b/g)?.length, 2, expected);
  await a.run('zfs snapshot tank/other@zfs-vm:other:2');
  assert.match(
    (await expectZfsVm(outside, 'push -v root@b')).stdout,
    /reading [0-9]+ snapshots by name[^]*done: 1 version,/,
  );
  // Under another name it is found by what is written down on it.
  await b.run('zfs rename tank/x/vm tank/renamed');
  await a.run('date > /tank/vm/three; zfs snapshot tank/vm@zfs-vm:web:3');
  const moved = (await expectZfsVm(outside, 'push -v root@b')).stdout;
  assert.match(moved, /web:3 {2}tank\/vm -> root@b:tank\/renamed {2}incremental/);
  assert.doesNotMatch(moved, /all snapshots/);
});

test('versions deleted in the middle, on either side, are no obstacle', async () => {
  const { a, b, outside } = lab;
  await a.run(`${makeImage}\nzfs snapshot tank/vm@zfs-vm:web:3`);
  await pushAll();
  await b.run('zfs destroy tank/x/vm@zfs-vm:web:1');
  await a.run('zfs destroy tank/vm@zfs-vm:web:2; date > /tank/vm/four; zfs snapshot tank/vm@zfs-vm:web:4');
  const { stdout } = await expectZfsVm(outside, 'push root@b');
  assert.match(stdout, /web:4 .* incremental since web:3/);
  assert.match(stdout, /^done: 1 version,/m);
});

test('the bookmark that a push leaves is the base when the snapshot is gone', async () => {
  const { a } = lab;
  await a.run(makeImage);
  await pushAll();
  await a.run(
    'zfs destroy tank/vm@zfs-vm:web:2; zfs destroy tank/vm@zfs-vm:web:1; date > /tank/vm/three; zfs snapshot tank/vm@zfs-vm:web:3',
  );
  assert.match(await pushAll(), /web:3 .* incremental since tank\/vm#zfs-vm:web:2/);
});

test('a copy that was received under another name is continued there', async () => {
  const { a, b } = lab;
  await a.run(`${makeImage}\nzfs send tank/vm@zfs-vm:web:1 | ssh root@b zfs receive -u tank/elsewhere`);
  assert.match(await pushAll(), /web:2 {2}tank\/vm -> root@b:tank\/elsewhere {2}incremental since web:1/);
  assert.notEqual((await b.run('zfs list tank/x', { check: false })).code, 0);
});

test('a tree is tagged as a whole, arrives as a whole, and takes new members along', async () => {
  const { a, outside } = lab;
  await a.run(
    'zfs create tank/vm; zfs create tank/vm/root; zfs create -V 16M tank/vm/disk; date > /tank/vm/root/x',
  );
  const tagged = await expectZfsVm(outside, 'tag -r -n web:1 tank/vm');
  assert.equal(tagged.stdout.trim().split('\n').length, 3);
  const { stdout: moments } = await a.run('zfs list -Hp -t snapshot -o createtxg -r tank/vm');
  assert.equal(new Set(moments.trim().split('\n')).size, 1, 'all at one moment');
  assert.match(
    (await expectZfsVm(outside, 'list')).stdout,
    /^web {2}1 version\n.*\n +1 .* tank\/vm \(\+2\)$/m,
  );
  await pushAll();
  await a.run('zfs create tank/vm/new; date > /tank/vm/root/y; zfs destroy -r tank/vm/disk');
  await expectZfsVm(outside, 'tag -r tank/vm');
  assert.match(await pushAll(''), /web:2 {2}tank\/vm\/new -> root@b:tank\/x\/vm\/new {2}full/);
});

test('volumes with clones arrive as such', async () => {
  await lab.a.run(
    `set -e; zfs create -V 32M tank/disk; udevadm settle; head -c 4M /dev/urandom > /tmp/data
    dd if=/tmp/data of=/dev/zvol/tank/disk conv=fsync,notrunc status=none; zfs snapshot tank/disk@zfs-vm:disk:1
    zfs clone tank/disk@zfs-vm:disk:1 tank/copy; udevadm settle
    dd if=/dev/urandom of=/dev/zvol/tank/copy bs=64k count=1 conv=fsync status=none; zfs snapshot tank/copy@zfs-vm:disk:2`,
  );
  await pushAll();
  assert.equal(await originOf('tank/x/copy'), 'tank/x/disk@zfs-vm:disk:1');
  assert.ok((await usedBy('tank/x/disk')) > 4_000_000);
  assert.ok((await usedBy('tank/x/copy')) < 500_000);
});

test('an encrypted tree arrives encrypted, goes on, and its clones share their blocks', async () => {
  const { a, b, outside } = lab;
  await a.run(
    'echo secretsecret | zfs create -o encryption=on -o keyformat=passphrase tank/vm; zfs create tank/vm/root; date > /tank/vm/root/x',
  );
  await expectZfsVm(outside, 'tag -r -n web:1 tank/vm');
  await pushAll();
  await a.run('head -c 2000000 /dev/urandom > /tank/vm/root/y');
  await expectZfsVm(outside, 'tag -r tank/vm');
  await a.run('zfs clone tank/vm/root@zfs-vm:web:2 tank/vm/copy; date > /tank/vm/copy/z');
  await expectZfsVm(outside, 'tag -n web:3 tank/vm/copy');
  await pushAll();
  const { stdout } = await b.run('zfs get -H -o value encryption -r -t filesystem tank/x');
  assert.deepEqual([...new Set(stdout.trim().split('\n'))].sort(), ['aes-256-gcm', 'off']);
  assert.equal(await originOf('tank/x/copy'), 'tank/x/vm/root@zfs-vm:web:2');
  assert.ok((await usedBy('tank/x/copy')) < 500_000);
});

test('with --all-snapshots, what was never tagged is replicated too', async () => {
  const { a, b, outside } = lab;
  await a.run(
    'zfs create tank/vm; zfs snapshot tank/vm@monday; zfs create tank/vm/sub; zfs snapshot -r tank/vm@tuesday; zfs clone tank/vm@monday tank/other; zfs snapshot tank/other@now',
  );
  await expectZfsVm(outside, "push --all-snapshots -n 'tank/*' -d tank/x root@b");
  const { stdout } = await b.run('zfs list -H -t snapshot -o name');
  assert.deepEqual(stdout.trim().split('\n').sort(), [
    'tank/x/other@now',
    'tank/x/vm/sub@tuesday',
    'tank/x/vm@monday',
    'tank/x/vm@tuesday',
  ]);
  assert.equal(await originOf('tank/x/other'), 'tank/x/vm@monday');
});

test('a plan is what a push does, and a plan changes nothing', async () => {
  const { a, b, outside } = lab;
  await a.run(`${makeImage}\nzfs clone tank/vm@zfs-vm:web:1 tank/new; zfs snapshot tank/new@zfs-vm:web:3`);
  const state = await snapState(b);
  const text = (await expectZfsVm(outside, 'plan push -d tank/x root@b')).stdout;
  assert.match(text, /web:1 +[0-9.]+ MiB +full: root@b has no version of it/);
  const { stdout } = await expectZfsVm(outside, 'push --dry-run --json -d tank/x root@b');
  assert.equal(await snapState(b), state);
  const plan = JSON.parse(stdout) as { chains: { steps: { to: { guid: string }; sizeBytes: number }[] }[] };
  const steps = plan.chains.flatMap((chain) => chain.steps);
  assert.ok(steps.every(({ sizeBytes }) => sizeBytes > 0));
  await pushAll();
  const { stdout: guids } = await b.run('zfs list -Hp -t snapshot -o guid');
  assert.deepEqual(guids.trim().split('\n').sort(), steps.map(({ to }) => to.guid).sort());
});

test('the commands of a plan do by hand what the push does', async () => {
  const { a, b, outside } = lab;
  await a.run(`${makeImage}\nzfs clone tank/vm@zfs-vm:web:1 tank/new; zfs snapshot tank/new@zfs-vm:web:3`);
  await a.run('zfs-vm plan push --commands -d tank/x root@b > /tmp/commands; set -e; . /tmp/commands');
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.match((await expectZfsVm(outside, 'push root@b')).stdout, /up to date/);
});

test('a rollback is shown, confirmed, and loses no more than was shown', async () => {
  const { a, b, outside } = lab;
  await a.run(makeImage);
  await expectZfsVm(outside, 'push -n web:1 -d tank/x root@b');
  await b.run('zfs snapshot tank/x/vm@theirs; zfs snapshot tank/x@kept');
  const state = await snapState(b);
  const refused = await expectZfsVm(outside, 'push --rollback root@b', 3);
  assert.match(refused.stderr, /destroy root@b:tank\/x\/vm@theirs/);
  assert.equal(await snapState(b), state, 'nothing is done without a yes');
  await expectZfsVm(outside, 'push --rollback --yes root@b');
  const { stdout } = await b.run('zfs list -H -t snapshot -o name');
  assert.equal(stdout, 'tank/x@kept\ntank/x/vm@zfs-vm:web:1\ntank/x/vm@zfs-vm:web:2\n');
});

test('a replacement destroys only what is in the way', async () => {
  const { a, b, outside } = lab;
  await a.run(makeImage);
  await b.run('zfs create tank/vm; zfs snapshot tank/vm@theirs; zfs create tank/kept');
  await expectZfsVm(outside, 'push root@b', 3);
  await expectZfsVm(outside, 'push --replace --yes root@b');
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  await b.run('zfs list tank/kept');
});
