import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { expectZfsVm, hashFiles, makeVolume, snapState, versionsOf } from './client.js';
import { SlowPush, waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

afterEach(() => lab.a.setLink({}));

/** Makes a version on host a, and on host b something else at its place, with two snapshots and a file. */
async function makeBoth(): Promise<void> {
  const { a, b } = lab;
  await Promise.all([
    a.run('set -e; zfs create tank/ct; date > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1'),
    b.run(
      `set -e; zfs create tank/ct; date > /tank/ct/theirs; zfs snapshot tank/ct@keep1; date > /tank/ct/theirs; zfs snapshot tank/ct@keep2
      echo last > /tank/ct/theirs; zpool sync`,
    ),
  ]);
}

/** The dataset that was moved aside on host b; undefined where there is none. */
async function findAside(): Promise<string | undefined> {
  const { stdout } = await lab.b.run('zfs list -H -o name');
  return stdout.split('\n').find((name) => name.includes('-replaced-'));
}

async function expectReplaced(): Promise<void> {
  const { a, b } = lab;
  assert.equal(await versionsOf(b, 'tank/ct'), 'ct:1');
  assert.equal(await hashFiles(b, 'tank/ct@zfs-vm:ct:1'), await hashFiles(a, 'tank/ct@zfs-vm:ct:1'));
}

test('what is replaced is gone when the new content is there, though it was mounted', async () => {
  await makeBoth();
  await expectZfsVm(lab.outside, 'push --replace --yes root@b');
  await expectReplaced();
  assert.equal((await lab.b.run('zfs list -H -o name')).stdout, 'tank\ntank/ct\n');
});

test("a filesystem in which somebody is isn't replaced: nothing is lost, the message says so, and later it works", async () => {
  const { b, outside } = lab;
  await makeBoth();
  await b.run('(cd /tank/ct && exec setsid sleep 300) > /dev/null 2>&1 & echo $! > /run/sitter; sleep 0.3');
  try {
    const before = await snapState(b);
    const { stderr } = await expectZfsVm(outside, 'push --replace --yes --retries 0 root@b', 1);
    assert.match(stderr, /cannot unmount '\/tank\/ct': pool or dataset is busy/);
    assert.match(stderr, /was not changed/);
    assert.equal(await snapState(b), before);
    assert.equal((await b.run('cat /tank/ct/theirs')).stdout, 'last\n');
  } finally {
    await b.run('kill $(cat /run/sitter)');
  }
  await expectZfsVm(outside, 'push --replace --yes root@b');
  await expectReplaced();
});

test('a volume that is open is replaced and kept aside with its snapshots; the command that is named destroys it', async () => {
  const { a, b, outside } = lab;
  await Promise.all([a, b].map((host) => makeVolume(host, 'tank/disk', 16)));
  await a.run('zfs snapshot tank/disk@zfs-vm:disk:1');
  await b.run(
    'zfs snapshot tank/disk@keep1; (exec setsid sleep 300 < /dev/zvol/tank/disk) > /dev/null 2>&1 & echo $! > /run/sitter; sleep 0.3',
  );
  let aside: string | undefined;
  try {
    const { stderr } = await expectZfsVm(outside, 'push --replace --yes root@b');
    aside = await findAside();
    assert.ok(
      aside !== undefined &&
        stderr.includes(`If it is not needed, destroy it: "zfs destroy -r ${aside}" on root@b`),
      stderr,
    );
    assert.equal(await versionsOf(b, aside), 'keep1');
    assert.equal(await versionsOf(b, 'tank/disk'), 'disk:1');
  } finally {
    await b.run('kill $(cat /run/sitter)');
  }
  await b.run(`udevadm settle; zfs destroy -r ${aside}`);
});

test('the root of a pool is a conflict before anything happens', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs snapshot tank@zfs-vm:root:1');
  await b.run('zfs snapshot tank@keep1');
  const before = await snapState(b);
  for (const command of ['plan push', 'push --yes']) {
    const { stdout, stderr } = await expectZfsVm(outside, `${command} --replace root@b`, 3);
    assert.match(stdout + stderr, /the root of a pool, which ZFS cannot rename or destroy/);
    assert.equal(await snapState(b), before);
  }
});

test('what is held is a conflict before anything happens', async () => {
  const { b, outside } = lab;
  await makeBoth();
  await b.run('zfs hold keep tank/ct@keep1');
  const before = await snapState(b);
  for (const command of ['plan push', 'push --yes']) {
    const { stdout, stderr } = await expectZfsVm(outside, `${command} --replace root@b`, 3);
    assert.match(stdout + stderr, /not replaced, because tank\/ct@keep1 is held/);
    assert.equal(await snapState(b), before);
  }
});

test('where there is no room for both, what was there is kept aside; it goes back by the command that is named', async () => {
  const { a, b, outside } = lab;
  await makeBoth();
  await a.run(
    'head -c 20000000 /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:2; zfs destroy tank/ct@zfs-vm:ct:1',
  );
  await b.run('zfs set quota=8M tank');
  const { stderr } = await expectZfsVm(outside, 'push --replace --yes --retries 0 root@b', 1);
  const aside = await findAside();
  assert.match(stderr, /no space left/);
  assert.ok(stderr.includes(`root@b:tank/ct was not replaced; its old content is kept as ${aside}`), stderr);
  const [, back = ''] = /"(zfs rename [^"]*)"/.exec(stderr) ?? [];
  await b.run(
    `zfs receive -A tank/ct 2>/dev/null; zfs list tank/ct > /dev/null 2>&1 && zfs destroy -r tank/ct; ${back}`,
  );
  assert.equal(await versionsOf(b, 'tank/ct'), 'keep1 keep2');
  assert.equal((await b.run('zfs mount tank/ct; cat /tank/ct/theirs')).stdout, 'last\n');
});

test('a replacement whose run is killed is finished by the next run, which names what was kept', async () => {
  const { a, b } = lab;
  const push = new SlowPush(lab);
  await b.run('set -e; zfs create -p tank/vm/ct; date > /tank/vm/ct/theirs; zfs snapshot tank/vm/ct@keep1');
  await push.prepare();
  await push.start('--replace --yes root@b');
  await a.run('kill -KILL $(cat /tmp/push.pid)');
  await waitUntilQuiet(a, 10_000);
  await a.setLink({});
  const aside = (await findAside()) ?? '';
  assert.equal(await versionsOf(b, aside), 'keep1');
  const { stdout, stderr } = await expectZfsVm(a, 'push -d tank/vm root@b');
  assert.match(stdout, /ct:1 .* resumed/);
  assert.equal(await versionsOf(b, 'tank/vm/ct'), 'ct:1');
  assert.ok((stdout + stderr).includes(aside), stdout + stderr);
  assert.equal(await versionsOf(b, aside), 'keep1');
});

test('a rollback is all or nothing: what is held or cloned keeps every snapshot', async () => {
  const { a, b, outside } = lab;
  await a.run('set -e; zfs create tank/ct; date > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1');
  await expectZfsVm(outside, 'push root@b');
  await a.run('date > /tank/ct/g; zfs snapshot tank/ct@zfs-vm:ct:2');
  await b.run('zfs snapshot tank/ct@s1; zfs snapshot tank/ct@s2; zfs snapshot tank/ct@s3');
  for (const [make, undo, words] of [
    [
      'zfs hold keep tank/ct@s2',
      'zfs release keep tank/ct@s2',
      /not rolled back, because tank\/ct@s2 is held/,
    ],
    ['zfs clone tank/ct@s1 tank/work', 'zfs destroy tank/work', /tank\/work/],
  ] as const) {
    await b.run(make);
    const before = await snapState(b);
    for (const command of ['plan push', 'push --yes']) {
      const { stdout, stderr } = await expectZfsVm(outside, `${command} --rollback root@b`, 3);
      assert.match(stdout + stderr, words);
      assert.equal(await snapState(b), before);
    }
    await b.run(undo);
  }
  await expectZfsVm(outside, 'push --rollback --yes root@b');
  assert.equal(await versionsOf(b, 'tank/ct'), 'ct:1 ct:2');
});

test('a mounted copy is rolled back and mounted again, with what is mounted below it; one in use stays as it is', async () => {
  const { a, b, outside } = lab;
  await a.run('set -e; zfs create tank/ct; date > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1');
  await expectZfsVm(outside, 'push root@b');
  await a.run('echo two > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:2');
  await b.run('set -e; zfs set canmount=on tank/ct; zfs mount tank/ct; echo mine > /tank/ct/f; zpool sync');
  await b.run('(cd /tank/ct && exec setsid sleep 300) > /dev/null 2>&1 & echo $! > /run/sitter; sleep 0.3');
  const inUse = await expectZfsVm(outside, 'push --rollback --yes --retries 0 root@b', 1);
  assert.match(inUse.stderr, /cannot unmount '\/tank\/ct': pool or dataset is busy/);
  assert.equal((await b.run('kill $(cat /run/sitter); cat /tank/ct/f')).stdout, 'mine\n');
  await expectZfsVm(outside, 'push --rollback --yes root@b');
  assert.equal((await b.run('cat /tank/ct/f')).stdout, 'two\n');
  await b.run(
    'set -e; echo mine > /tank/ct/f; zfs create tank/ct/below; date > /tank/ct/below/g; zpool sync',
  );
  await a.run('echo three > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:3');
  await expectZfsVm(outside, 'push --rollback --yes root@b');
  assert.equal(
    (await b.run('cat /tank/ct/f; mountpoint -q /tank/ct/below && echo below')).stdout,
    'three\nbelow\n',
  );
});
