import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import {
  acquireClientLab,
  expectZfsVm,
  freshPools,
  hashFiles,
  listVersionGuids,
  type ClientLab,
} from './client.js';
import type { LabHost } from './lab-host.js';

let lab: ClientLab;

before(async () => {
  lab = await acquireClientLab();
});

after(() => lab.release());

// A link that takes half a minute for the stream: whatever happens in these tests, happens in its middle.
beforeEach(async () => {
  await freshPools(lab);
  await lab.a.run(
    'zfs create tank/ct; head -c 30000000 /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1',
  );
  await lab.a.setLink({ rateMbitPerSecond: 8 });
});

afterEach(() => lab.a.setLink({}));

/** Shell text that starts a push in the background, its pid in `$push` and its output in /tmp/push, and waits until bytes flow. */
function startPush(target: string): string {
  return [
    `rm -f /tmp/push; zfs-vm ${target.startsWith('fjoe') ? '-s' : ''} push -d tank/vm ${target} >/tmp/push 2>&1 & push=$!`,
    'for attempt in $(seq 300); do pgrep -x zfs >/dev/null && ssh root@b "zfs list -H -o name tank/vm/ct" >/dev/null 2>&1 && break; sleep 0.1; done',
    'sleep 2',
  ].join('\n');
}

/** The zfs, sudo and zfs-vm processes on a host, a line each. */
async function listProcesses(host: LabHost): Promise<string> {
  const { stdout } = await host.run(
    "ps axo pid,args | grep -E '[z]fs (send|receive)|[s]udo -n|[z]fs-vm ' || true",
  );
  return stdout;
}

async function waitUntilQuiet(host: LabHost, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const processes = await listProcesses(host);
    if (processes === '') return;
    assert.ok(Date.now() < deadline, `left on ${host.name}:\n${processes}`);
  }
}

for (const target of ['root@b', 'fjoe@b']) {
  test(`Ctrl-C stops a push to ${target} within two seconds and leaves no process`, async () => {
    const { a, b } = lab;
    const { stdout } = await a.run(
      `${startPush(target)}
      kill -INT $push; began=$(date +%s%N); wait $push; code=$?
      echo "$code $(( ($(date +%s%N) - began) / 1000000 ))"; cat /tmp/push`,
      { timeoutMs: 120_000 },
    );
    const [, code, tookMs] = /^([0-9]+) ([0-9]+)$/m.exec(stdout) ?? [];
    assert.equal(code, '130', stdout);
    assert.ok(Number(tookMs) < 2000, `it took ${tookMs} ms`);
    assert.match(stdout, /interrupted/);
    await waitUntilQuiet(a, 2000);
    await waitUntilQuiet(b, 2000);
    assert.equal((await b.run('zfs list -H -t snapshot -o name', { check: false })).stdout, '');
  });
}

test('a client that is killed leaves no process behind', async () => {
  const { a, b } = lab;
  await a.run(`${startPush('fjoe@b')}\nkill -KILL $push`, { timeoutMs: 120_000 });
  await waitUntilQuiet(a, 10_000);
  await waitUntilQuiet(b, 10_000);
});

test('a send that is killed fails the run, and is named as the cause', async () => {
  const { a } = lab;
  const { stdout } = await a.run(
    `${startPush('root@b')}\npkill -KILL -x zfs; wait $push; echo "status $?"; cat /tmp/push`,
    { timeoutMs: 120_000 },
  );
  assert.match(stdout, /^status 1$/m);
  assert.match(stdout, /zfs-vm: local: zfs send was ended by SIGKILL/);
  assert.match(stdout, /root@b: zfs receive said: /);
});

test('a receive that is killed fails the run, and is named as the cause', async () => {
  const { a } = lab;
  const { stdout } = await a.run(
    `${startPush('root@b')}\nssh root@b pkill -KILL -x zfs; wait $push; echo "status $?"; cat /tmp/push`,
    { timeoutMs: 120_000 },
  );
  assert.match(stdout, /^status 1$/m);
  assert.match(stdout, /zfs-vm: root@b: zfs receive was ended by (SIG)?KILL/);
});

test('an interrupted push goes on where it stood with the next run of the same command', async () => {
  const { a, b } = lab;
  await a.run(`${startPush('root@b')}\nkill -INT $push; wait $push || true`, { timeoutMs: 120_000 });
  await a.setLink({});
  const { stdout } = await expectZfsVm(a, 'push -d tank/vm root@b');
  assert.match(stdout, /ct:1 .* the rest of an interrupted stream/);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:1'), await hashFiles(a, 'tank/ct@zfs-vm:ct:1'));
});

test('an interrupted receive of something that is gone is told, with the way to drop it', async () => {
  const { a, b } = lab;
  await a.run(`${startPush('root@b')}\nkill -INT $push; wait $push || true`, { timeoutMs: 120_000 });
  await a.setLink({});
  await a.run('zfs destroy tank/ct@zfs-vm:ct:1; zfs snapshot tank/ct@zfs-vm:ct:2');
  const { stderr } = await expectZfsVm(a, 'push -d tank/vm root@b', 3);
  const [, command = ''] = /"(zfs receive -A [^"]+)"/.exec(stderr) ?? [];
  await b.run(command);
  await expectZfsVm(a, 'push -d tank/vm root@b');
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
});
