import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { expectZfsVm, hashFiles, listVersionGuids } from './client.js';
import { slowBytes, slowRate } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';
import { waitOn } from './wait-on.js';

const lab = useClientLab();

afterEach(() => lab.a.setLink({}));

/** A version of so many random bytes on host a, and a small one after it. */
async function makeVersions(bytes: number): Promise<void> {
  await lab.a.run(
    `zfs create tank/ct; head -c ${bytes} /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1
    echo more > /tank/ct/small; zfs snapshot tank/ct@zfs-vm:ct:2`,
  );
}

/** Starts a push with a terminal's process group of its own, over a slow link, and waits until its first bytes have arrived. */
async function startPush(): Promise<void> {
  const { a, b } = lab;
  await makeVersions(slowBytes);
  await a.setLink(slowRate);
  await a.run(
    `rm -f /tmp/push*
    setsid sh -c 'echo $$ > /tmp/push.pid; zfs-vm --transport openssh push -d tank/vm root@b > /tmp/push 2>&1
      echo $? > /tmp/push.status' > /dev/null 2>&1 &`,
  );
  const deadline = Date.now() + 60_000;
  while (!(await waitOn(b, 'zfs list tank/vm/ct > /dev/null 2>&1'))) {
    assert.ok(Date.now() < deadline, 'the push does not begin');
  }
}

/** How the push ended, and all it said. */
async function awaitPush(): Promise<{ readonly status: number; readonly output: string }> {
  const { stdout } = await lab.a.run(
    'while [ ! -s /tmp/push.status ]; do sleep 0.5; done; cat /tmp/push.status /tmp/push',
    { timeoutMs: 120_000 },
  );
  return { status: Number.parseInt(stdout, 10), output: stdout };
}

/** Waits until neither host runs anything of a transfer and no socket is left. */
async function waitUntilNothingIsLeft(timeoutMs: number): Promise<void> {
  const { a, b } = lab;
  const find = [
    "ps axo pid,args | grep -E '[z]fs (send|receive)|[z]fs-vm( |$)|[s]sh .*-S /'",
    'ls -d /tmp/zfs-v[m]-* 2>/dev/null; true',
  ].join('; ');
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = (await a.run(find)).stdout + (await b.run(find)).stdout;
    if (left === '') return;
    assert.ok(Date.now() < deadline, left);
  }
}

test('a push through the ssh of the machine, with sudo there, brings every version and leaves nothing behind', async () => {
  const { a, b } = lab;
  await makeVersions(3_000_000);
  const { stdout } = await expectZfsVm(a, '-s --transport openssh push -d tank/vm fjoe@b');
  // The whole stream, though no byte of it was seen.
  assert.match(stdout, /^done: 2 versions, 2\.[89][0-9]* MiB in /m);
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:2'), await hashFiles(a, 'tank/ct@zfs-vm:ct:2'));
  await waitUntilNothingIsLeft(2000);
});

test('a pull through the ssh of the machine brings every version', async () => {
  const { a, b } = lab;
  await b.run('zfs create tank/ct; echo data > /tank/ct/file; zfs snapshot tank/ct@zfs-vm:ct:1');
  await expectZfsVm(a, '--transport openssh pull -d tank/vm root@b');
  await b.run('head -c 3000000 /dev/urandom > /tank/ct/file; zfs snapshot tank/ct@zfs-vm:ct:2');
  await expectZfsVm(a, 'pull --transport openssh root@b');
  assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
  assert.equal(await hashFiles(a, 'tank/vm/ct@zfs-vm:ct:2'), await hashFiles(b, 'tank/ct@zfs-vm:ct:2'));
});

test('Ctrl-C, which all of the terminal hear, leaves neither a process nor a socket', async () => {
  const { a } = lab;
  await startPush();
  await a.run('kill -INT -- -$(cat /tmp/push.pid)');
  await waitUntilNothingIsLeft(5000);
  assert.match((await a.run('cat /tmp/push')).stdout, /interrupted/);
});

test('a client that is killed leaves neither a process nor a socket', async () => {
  await startPush();
  await lab.a.run('pkill -KILL -x -P $(cat /tmp/push.pid) node');
  await waitUntilNothingIsLeft(10_000);
});

test('a connection that breaks is made again, and the stream goes on where it stood, in the same run', async () => {
  const { a, b } = lab;
  await startPush();
  await a.run('ss -K dst 10.77.0.2 dport = 22');
  await a.setLink({});
  const { status, output } = await awaitPush();
  assert.equal(status, 0, output);
  assert.match(output, /connection to b lost: /);
  assert.match(output, /re(?:connect|try)ing in 1 s/);
  assert.match(output, /ct:1 .* resumed/);
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:2'), await hashFiles(a, 'tank/ct@zfs-vm:ct:2'));
});

for (const [side, host] of [
  ['send', 'a'],
  ['receive', 'b'],
] as const) {
  test(`a ${side} that is killed fails the run, and is named as the cause`, async () => {
    await startPush();
    await lab[host].run('pkill -KILL -x zfs');
    const { status, output } = await awaitPush();
    assert.equal(status, 1, output);
    assert.match(output, new RegExp(`zfs-vm: (local|root@b): zfs ${side} was terminated by SIGKILL`));
  });
}
