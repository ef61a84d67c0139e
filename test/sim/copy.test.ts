import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf, describeState } from './oracle.js';
import type { Machine } from './machine.js';
import type { SimHost } from './sim-host.js';
import { SimWorld, type RunResult, type SimRun } from './sim-world.js';

/** A world of three: a has an image, b gets it, and c is where zfs-vm runs. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine; c: Machine } {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  a.pools.create('tank/vm');
  for (let version = 1; version <= 3; version++) addVersion(a, `web:${version}`, [version, 7]);
  return { world, a, b, c };
}

function addVersion({ pools }: Machine, tag: string, blocks: readonly number[]): void {
  pools.write('tank/vm', blocks);
  pools.snapshot([`tank/vm@zfs-vm:${tag}`]);
}

/** A version that takes a while to send. */
function addLargeVersion(machine: Machine, tag: string): void {
  addVersion(
    machine,
    tag,
    Array.from({ length: 200 }, (_, block) => block),
  );
}

/** Does something in the middle of the large version, once. */
function inTheMiddle(receiver: Machine, work: () => void): void {
  let received = 0;
  receiver.delayMs = (kind) => {
    if (kind === 'receive' && ++received === 100) work();
    return 1;
  };
}

/** Runs zfs-vm on c, and expects this status. */
async function expectRun(world: SimWorld, args: string, status = 0): Promise<RunResult> {
  const result = await world.run('c', args);
  assert.equal(result.status, status, `zfs-vm ${args}\n${result.stdout}${result.stderr}`);
  return result;
}

const isUpToDate = /^nothing to do: .* is up to date$/m;

/** A connection of a run: to the host of that name. */
function connectionTo(name: string, run: SimRun): SimHost | undefined {
  return run.connections.findLast((connection) => connection.name === `root@${name}`);
}

for (const words of ['copy root@a root@b', 'copy --direct root@a root@b']) {
  test(`${words} brings every version, a later one as an increment, and then finds nothing to do`, async () => {
    const { world, a, b, c } = makeWorld();
    await expectRun(world, words);
    assertHasVersionsOf(b, a);
    addVersion(a, 'web:4', [4]);
    assert.match(
      (await expectRun(world, words)).stdout,
      /^web:4 .*tank\/vm -> root@b:tank\/vm .*incremental/m,
    );
    assertHasVersionsOf(b, a);
    const state = describeState(b);
    assert.match((await expectRun(world, words)).stdout, isUpToDate);
    assert.equal(describeState(b), state);
    assert.deepEqual([...c.pools.datasets.keys()], ['tank']);
  });

  test(`${words} with sudo on both, and packed streams`, async () => {
    const { world, a, b } = makeWorld();
    world.addUser('fjoe', { sudo: 'anything' });
    const users = words.replaceAll('root@', 'fjoe@');
    await expectRun(world, users, 4);
    await expectRun(world, `-s ${users} --compress -d tank/x`);
    assertHasVersionsOf(b, a);
  });

  const [other, breakOther] = words.includes('--direct')
    ? ['between them', (_run: SimRun, world: SimWorld) => world.links.at(-1)?.disconnect('it broke')]
    : ['to the receiver', (run: SimRun) => connectionTo('b', run)?.disconnect('it broke')];
  for (const [which, breakIt] of [
    ['to the sender', (run: SimRun) => connectionTo('a', run)?.disconnect('it broke')],
    [other, breakOther],
  ] as const) {
    test(`${words} goes on in the same run when the connection ${which} has broken`, async () => {
      const { world, a, b } = makeWorld();
      addLargeVersion(a, 'web:4');
      inTheMiddle(b, () => {
        breakIt(run, world);
      });
      const run = world.start('c', words);
      const { status, stdout, stderr } = await run.finished;
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout + stderr, /it broke/);
      assert.match(stdout + stderr, /re(?:connect|try)ing in 1 s/);
      assert.match(stdout, /web:4 .* resumed/);
      assertHasVersionsOf(b, a);
    });
  }

  test(`${words} that is interrupted ends both sides, releases its holds, and the next one goes on`, async () => {
    const { world, a, b } = makeWorld();
    addLargeVersion(a, 'web:4');
    inTheMiddle(b, () => {
      run.interrupt();
    });
    const run = world.start('c', words);
    assert.equal((await run.finished).status, 130);
    await world.clock.sleep(1000);
    assert.ok(a.isIdle && b.isIdle, 'something still runs');
    assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
    b.delayMs = undefined;
    assert.match((await expectRun(world, words)).stdout, /resumed/);
    assertHasVersionsOf(b, a);
  });

  test(`${words} that is killed ends both sides, and the next one releases its holds on the sender`, async () => {
    const { world, a, b } = makeWorld();
    addLargeVersion(a, 'web:4');
    inTheMiddle(b, () => {
      run.kill();
    });
    const run = world.start('c', words);
    while (world.journal('c').records.length === 0 || b.pools.datasets.size === 1) {
      await world.clock.sleep(10);
    }
    while (!a.isIdle || !b.isIdle) await world.clock.sleep(10);
    b.delayMs = undefined;
    assert.match((await expectRun(world, words)).stdout, /resumed/);
    assertHasVersionsOf(b, a);
    assert.deepEqual(world.journal('c').records, []);
    assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
  });

  test(`${words} has a plan, which changes nothing`, async () => {
    const { world, a, b } = makeWorld();
    const [before, after] = [describeState(a), describeState(b)];
    const { stdout } = await expectRun(world, `plan ${words} --json`);
    const { sender, receiver, chains } = JSON.parse(stdout) as Record<string, unknown[]>;
    assert.deepEqual(
      { sender, receiver, chains: chains?.length },
      { sender: 'root@a', receiver: 'root@b', chains: 1 },
    );
    assert.match((await expectRun(world, `${words} --dry-run`)).stdout, /3 versions in 1 dataset to root@b/);
    assert.deepEqual([describeState(a), describeState(b)], [before, after]);
  });

  test(`${words} fails as its zfs does, and names the side`, async () => {
    const { world, b } = makeWorld();
    b.pools.resizePool('tank', 1);
    assert.match(
      (await expectRun(world, words, 1)).stderr,
      /root@b: no space left \(pool full or quota exceeded\); what was received is kept/,
    );
  });
}

test('what is sent directly does not come along the machine that asks for it', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  a.beforeZfs = ([subcommand]) => {
    // A twentieth of what is sent.
    if (subcommand === 'send') run.connections.at(-1)?.breakAfter(40_000);
  };
  const run = world.start('c', 'copy --direct root@a root@b');
  const { status, stdout, stderr } = await run.finished;
  assert.equal(status, 0, stdout + stderr);
  assert.doesNotMatch(stderr, /retrying|reconnecting/);
  assert.equal(run.connections.length, 1);
  assertHasVersionsOf(b, a);
});

test('a host that the sender does not get into is told as such, and waited for when it was there before', async () => {
  const { world, a, b } = makeWorld();
  b.unreachable = 'No route to host';
  const { stderr } = await expectRun(world, 'copy --direct root@a root@b', 4);
  assert.match(stderr, /root@a cannot connect to root@b: .*No route to host/);
  assert.match(stderr, /try: .*or omit --direct/);
  b.unreachable = undefined;
  addLargeVersion(a, 'web:4');
  inTheMiddle(b, () => {
    b.unreachable = 'it is starting';
    b.reset();
    void world.clock.sleep(3000).then(() => {
      b.unreachable = undefined;
    });
  });
  assert.match((await expectRun(world, 'copy --direct root@a root@b')).stdout, /resumed/);
  assertHasVersionsOf(b, a);
});

test('the same host twice copies within it, and nothing comes along the machine that asks for it', async () => {
  const { world, a } = makeWorld();
  assert.match((await expectRun(world, 'copy root@a root@a', 2)).stderr, /needs a destination/);
  await expectRun(world, 'copy -d tank/backup root@a root@a');
  assert.equal(a.pools.open('tank/backup/vm').snapshots.length, 3);
  assert.match((await expectRun(world, 'copy -d tank/backup root@a root@a')).stdout, isUpToDate);
  assert.match(
    (await expectRun(world, 'plan copy -d tank/other --commands root@a root@a')).stdout,
    /^ssh root@a 'zfs send .* \| zfs receive .*'$/m,
  );
});

test('this machine may be either side of a copy', async () => {
  const { world, a, b, c } = makeWorld();
  await expectRun(world, 'copy root@a local');
  assertHasVersionsOf(c, a);
  await expectRun(world, 'copy local root@b');
  assertHasVersionsOf(b, a);
  await expectRun(world, 'copy -d tank/again local local');
  assert.equal(c.pools.open('tank/again/vm').snapshots.length, 3);
});

test('a direct copy that makes no sense is refused before anything is asked', async () => {
  const { world } = makeWorld();
  assert.match(
    (await expectRun(world, 'copy --direct local b', 2)).stderr,
    /--direct needs two remote hosts/,
  );
  assert.match(
    (await expectRun(world, 'copy --direct a local', 2)).stderr,
    /--direct needs two remote hosts/,
  );
  assert.match((await expectRun(world, 'copy --direct --bwlimit 1M a b', 2)).stderr, /--bwlimit/);
  assert.equal(world.links.length, 0);
});

test('a host that cannot be reached fails the copy, and the connection to the other one is closed', async () => {
  const { world, a, c } = makeWorld();
  a.unreachable = 'connection refused';
  let connects = 0;
  c.delayMs = (work) => (work === 'connect' ? 1000 * connects++ : 0);
  const run = world.start('c', 'copy root@a root@b');
  const { status, stderr } = await run.finished;
  assert.equal(status, 4);
  assert.match(stderr, /root@a: connection refused/);
  assert.equal(world.clock.nowMs, 1000);
  await assert.rejects(async () => connectionTo('b', run)?.start(['true']), /it is closed/);
});

test('one machine under two names is one: it wants a place, and what lies there is the receiver', async () => {
  const { world, a } = makeWorld();
  const { stderr } = await expectRun(world, 'copy root@a a', 2);
  assert.match(stderr, /root@a and a are the same machine/);
  assert.match(stderr, /-d tank\/backup/);
  await expectRun(world, 'copy -d tank/backup root@a a');
  const copied = a.pools.datasets.get('tank/backup/vm')?.snapshots.map(({ name }) => name);
  assert.deepEqual(copied, ['zfs-vm:web:1', 'zfs-vm:web:2', 'zfs-vm:web:3']);
  addVersion(a, 'web:4', [4]);
  const { stdout } = await expectRun(world, 'copy -d tank/backup root@a a');
  assert.match(stdout, /web:4 {2}root@a:tank\/vm -> a:tank\/backup\/vm/);
  assert.match((await expectRun(world, 'copy -d tank/backup root@a a')).stdout, isUpToDate);
});

test('a pull into the machine that has it already is told, whatever it is called', async () => {
  const { world, a } = makeWorld();
  const result = await world.run('a', 'pull root@a');
  assert.equal(result.status, 2, result.stderr);
  assert.match(result.stderr, /same machine/);
  await world.run('a', 'pull -d tank/backup root@a');
  assert.ok(a.pools.datasets.has('tank/backup/vm'));
});
