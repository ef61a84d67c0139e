import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { expectZfsVm, hashFiles, listVersionGuids } from './client.js';
import { SlowPush, waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();
const push = new SlowPush(lab);

beforeEach(() => push.prepare());

afterEach(() => lab.a.setLink({}));

test('a client that is killed leaves no process behind', async () => {
  const { a, b } = lab;
  await push.start('fjoe@b');
  await a.run('kill -KILL $(cat /tmp/push.pid)');
  await waitUntilQuiet(a, 10_000);
  await waitUntilQuiet(b, 10_000);
});

test('a send that is killed fails the run, and is named as the cause', async () => {
  await push.start('root@b');
  await lab.a.run('pkill -KILL -x zfs');
  const { status, output } = await push.end();
  assert.equal(status, 1, output);
  assert.match(output, /zfs-vm: local: zfs send was terminated by SIGKILL/);
  assert.match(output, /root@b: zfs receive: /);
});

test('a receive that is killed fails the run, and is named as the cause', async () => {
  await push.start('root@b');
  await lab.b.run('pkill -KILL -x zfs');
  const { status, output } = await push.end();
  assert.equal(status, 1, output);
  assert.match(output, /zfs-vm: root@b: zfs receive was terminated by SIGKILL/);
});

test('an interrupted push goes on where it stood with the next run of the same command', async () => {
  const { a, b } = lab;
  await push.start('root@b');
  await push.interrupt();
  await a.setLink({});
  const { stdout } = await expectZfsVm(a, 'push -d tank/vm root@b');
  assert.match(stdout, /ct:1 .* resumed/);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:1'), await hashFiles(a, 'tank/ct@zfs-vm:ct:1'));
});

test('what had arrived of a version that is gone makes room for what there is', async () => {
  const { a, b } = lab;
  await push.start('root@b');
  await push.interrupt();
  await a.setLink({});
  // What holds it is released soon after the interrupt, with nobody waiting for it.
  await a.run(
    `for try in $(seq 50); do zfs destroy tank/ct@zfs-vm:ct:1 2> /tmp/why && break; sleep 0.1; done
    zfs snapshot tank/ct@zfs-vm:ct:2; ! zfs list tank/ct@zfs-vm:ct:1 2>/dev/null || { cat /tmp/why >&2; exit 1; }`,
  );
  const { stdout } = await expectZfsVm(a, 'push -d tank/vm root@b');
  assert.match(stdout, /discard the interrupted receive of tank\/ct@zfs-vm:ct:1/);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
});

test('what had arrived can be dropped by hand', async () => {
  const { a, b } = lab;
  await push.start('root@b');
  await push.interrupt();
  await a.setLink({});
  await expectZfsVm(a, 'abort root@b', 3);
  await expectZfsVm(a, 'abort -n other --yes root@b');
  await b.run('zfs list tank/vm/ct');
  assert.match(
    (await expectZfsVm(a, 'abort --yes root@b')).stdout,
    /^discarded the interrupted receive of ct:1 in root@b:tank\/vm\/ct$/m,
  );
  assert.notEqual((await b.run('zfs list tank/vm/ct', { check: false })).code, 0);
});

test('a connection that breaks is made again, and the stream goes on where it stood, in the same run', async () => {
  const { a, b } = lab;
  await push.start('root@b');
  await a.run('ss -K dst 10.77.0.2 dport = 22');
  await a.setLink({});
  const { status, output } = await push.end();
  assert.equal(status, 0, output);
  assert.match(output, /re(?:connect|try)ing in 1 s/);
  assert.match(output, /ct:1 .* resumed/);
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:1'), await hashFiles(a, 'tank/ct@zfs-vm:ct:1'));
});

test('a receiver that comes back without its pool is waited for until it has imported it', async () => {
  const { a, b } = lab;
  await push.start('root@b');
  await b.run(
    `(for try in $(seq 600); do zpool export tank && break; sleep 0.1; done; sleep 8; zpool import tank) > /dev/null 2>&1 &`,
  );
  await a.run('ss -K dst 10.77.0.2 dport = 22');
  await a.setLink({});
  const { status, output } = await push.end();
  assert.equal(status, 0, output);
  assert.match(output, /pool "tank" is missing, but was present before/);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
});

test('a receiver that is reset in the middle is gone on with when it is back, in the same run', async () => {
  const { a, b } = lab;
  // A host on a busy machine takes longer to start than three tries do.
  await push.start('--retries 10 root@b');
  await b.reset();
  await a.setLink({});
  const { status, output } = await push.end();
  assert.equal(status, 0, output);
  assert.match(output, /reconnecting/);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:1'), await hashFiles(a, 'tank/ct@zfs-vm:ct:1'));
});

test('what takes long to send can not be destroyed, and the holds of a run that died are released by the next', async () => {
  const { a } = lab;
  const destroy = 'zfs destroy tank/ct@zfs-vm:ct:1';
  await push.start('root@b');
  // What is sent quickly is not held.
  await a.run(
    'for try in $(seq 200); do [ -z "$(zfs holds -H tank/ct@zfs-vm:ct:1)" ] || break; sleep 0.1; done',
  );
  await a.run('kill -KILL $(cat /tmp/push.pid)');
  await waitUntilQuiet(a, 10_000);
  assert.match((await a.run(destroy, { check: false })).stderr, /dataset is busy|it's being held/);
  await a.setLink({});
  await expectZfsVm(a, 'push -d tank/vm root@b');
  await a.run(destroy);
});
