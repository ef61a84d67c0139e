import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf, describeState } from './oracle.js';
import type { Dataset } from './dataset.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addLargeVersion, addVersion, expectRun, runAndKill, versionsOf } from './steps.js';

/** Two hosts, of which a has an image in so many versions. */
function makeWorld(versions = 3): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (let version = 1; version <= versions; version++) addVersion(a, 'tank/vm', `web:${version}`);
  return { world, a, b };
}

const isUpToDate = /^nothing to do: .* is up to date$/m;

test('a push brings every version, and a second one finds nothing to do and changes nothing', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
  const state = describeState(b);
  assert.match((await expectRun(world, 'a', 'push b')).stdout, isUpToDate);
  assert.equal(describeState(b), state);
});

test('a pull brings the same as a push', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'b', 'pull a');
  assertHasVersionsOf(b, a);
  assert.match((await expectRun(world, 'a', 'push b')).stdout, isUpToDate);
});

test('a later version is one increment, and no hold stays on the sender', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /web:4 .* incremental/);
  assertHasVersionsOf(b, a);
  assert.deepEqual(world.journal('a').records, []);
  assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
});

test('a short stream is not held on the sender, and one that takes long is, after a while', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  const heldAtMs: number[] = [];
  a.beforeZfs = ([subcommand]) => {
    if (subcommand === 'hold') heldAtMs.push(world.clock.nowMs);
  };
  addVersion(a, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'push b');
  assert.deepEqual(heldAtMs, []);
  addLargeVersion(a, 'web:5');
  b.delayMs = (work) => (work === 'receive' ? 150 : 1);
  const beganAtMs = world.clock.nowMs;
  await expectRun(world, 'a', 'push b');
  const [afterMs = 0, ...others] = heldAtMs.map((atMs) => atMs - beganAtMs);
  assert.deepEqual(others, []);
  assert.ok(afterMs >= 10_000 && afterMs < 25_000, `held after ${afterMs} ms`);
  assert.deepEqual(world.journal('a').records, []);
  assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
});

test('a base that is pruned before its short stream begins is gone on from by its bookmark, in the same run', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push --no-bookmark b');
  addVersion(a, 'tank/vm', 'web:4');
  // Root's program makes the bookmark while the stream waits.
  a.beforeZfs = async ([subcommand]) => {
    if (subcommand !== 'send') return;
    a.beforeZfs = undefined;
    await world.clock.sleep(1000);
    a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:3']);
  };
  const { stdout, stderr } = await expectRun(world, 'a', 'push b');
  assert.match(stderr, /re(?:connect|try)ing in 1 s/);
  assert.match(stdout, /web:4 .* incremental/);
  assertHasVersionsOf(b, a);
});

test('a version that the sender pruned is gone on from by its bookmark', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1', 'zfs-vm:web:2', 'zfs-vm:web:3']);
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('a copy that ends with a version of which the sender has the bookmark only is gone on with from there, also when another was moved', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/db');
  addVersion(a, 'tank/db', 'db:1');
  await expectRun(world, 'a', 'push b');
  b.pools.create('tank/moved');
  b.pools.rename('tank/db', 'tank/moved/db');
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:3']);
  a.pools.snapshot(['tank/vm@daily']);
  const { stdout } = await expectRun(world, 'a', 'push --all-snapshots b');
  assert.match(stdout, /tank\/vm@daily .* incremental since tank\/vm#zfs-vm:web:3/);
  assert.deepEqual(
    b.pools.open('tank/vm').snapshots.map(({ name }) => name),
    ['zfs-vm:web:1', 'zfs-vm:web:2', 'zfs-vm:web:3', 'daily'],
  );
});

test('clones of clones arrive as such', async () => {
  const { world, a, b } = makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/c1');
  addVersion(a, 'tank/c1', 'web:10');
  a.pools.clone('tank/c1@zfs-vm:web:10', 'tank/c2');
  addVersion(a, 'tank/c2', 'web:11');
  await expectRun(world, 'a', 'push -d tank/x b');
  assertHasVersionsOf(b, a);
  assert.equal(b.pools.open('tank/x/c2').origin?.fullName, 'tank/x/c1@zfs-vm:web:10');
  assert.match((await expectRun(world, 'a', 'push -d tank/x b')).stdout, isUpToDate);
});

test('volumes, and streams that are compressed, arrive as they are', async () => {
  const { world, a, b } = makeWorld(1);
  a.pools.create('tank/disk', { type: 'volume' });
  addVersion(a, 'tank/disk', 'disk:1');
  await expectRun(world, 'a', 'push --compress b');
  assertHasVersionsOf(b, a);
  assert.equal(b.pools.open('tank/disk').type, 'volume');
});

test('an encrypted dataset travels raw', async () => {
  const { world, a, b } = makeWorld(1);
  a.pools.create('tank/secret', { properties: new Map([['encryption', 'aes-256-gcm']]) });
  addVersion(a, 'tank/secret', 'secret:1');
  await expectRun(world, 'a', 'push b');
  assert.equal(b.pools.open('tank/secret').encryption, 'aes-256-gcm');
  assert.equal(b.pools.open('tank/secret').isKeyLoaded, false);
});

test('what is encrypted never goes on as a plain stream that somebody began', async () => {
  const { world, a, b } = makeWorld(1);
  a.pools.create('tank/secret', { properties: new Map([['encryption', 'aes-256-gcm']]) });
  a.pools.write(
    'tank/secret',
    Array.from({ length: 200 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/secret@zfs-vm:secret:1']);
  const send = await a.connect('local').start(['zfs', 'send', 'tank/secret@zfs-vm:secret:1']);
  const stream = Buffer.concat((await send.stdout.toArray()) as Buffer[]);
  const receive = await b.connect('local').start(['zfs', 'receive', '-s', '-u', 'tank/secret']);
  receive.stdin.end(stream.subarray(0, stream.length / 2));
  assert.match(String(await receive.stderr.toArray()), /Partially received/);
  const { stdout } = await expectRun(world, 'a', 'push b');
  assert.match(stdout, /^discard the interrupted receive of tank\/secret@zfs-vm:secret:1 /m);
  assert.equal(b.pools.open('tank/secret').encryption, 'aes-256-gcm');
  assertHasVersionsOf(b, a);
});

test('what somebody wrote to the destination is a conflict, and kept', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  b.pools.write('tank/vm', [1]);
  const state = describeState(b);
  const { stderr } = await expectRun(world, 'a', 'push b', 3);
  assert.match(stderr, /--rollback/);
  assert.equal(describeState(b), state);
  await expectRun(world, 'a', 'push --rollback --yes b');
  assertHasVersionsOf(b, a);
});

test('a dataset of that name that has nothing in common is a conflict', async () => {
  const { world, b } = makeWorld();
  b.pools.create('tank/vm');
  addVersion(b, 'tank/vm', 'other:1');
  await expectRun(world, 'a', 'push b', 3);
});

test('without anybody to confirm it, nothing is rolled back or replaced', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  b.pools.write('tank/vm', [1]);
  a.pools.create('tank/db');
  addVersion(a, 'tank/db', 'db:1');
  b.pools.create('tank/db');
  addVersion(b, 'tank/db', 'other:1');
  const state = describeState(b);
  for (const option of ['--rollback', '--replace', '--rollback --replace']) {
    assert.match((await expectRun(world, 'a', `push ${option} b`, 3)).stderr, /not confirmed/);
    assert.equal(describeState(b), state);
  }
});

test('without anybody to confirm it, nothing that had arrived is dropped', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  await runAndKill(world, 'a', 'push b', b);
  const state = describeState(b);
  assert.match((await expectRun(world, 'b', 'abort', 3)).stderr, /not confirmed/);
  assert.equal(describeState(b), state);
  await expectRun(world, 'b', 'abort --yes');
  assert.notEqual(describeState(b), state);
});

/** Two receives into b, of different images, that a lost connection interrupted. */
async function makeInterrupted(): Promise<ReturnType<typeof makeWorld>> {
  const { world, a, b } = makeWorld(1);
  a.pools.create('tank/db');
  for (const [dataset, tag] of [
    ['tank/vm', 'web:1'],
    ['tank/db', 'db:1'],
  ] as const) {
    if (tag === 'web:1') a.pools.destroySnapshots(dataset, [`zfs-vm:${tag}`]);
    a.pools.write(
      dataset,
      Array.from({ length: 200 }, (_, block) => block),
    );
    a.pools.snapshot([`${dataset}@zfs-vm:${tag}`]);
  }
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 200) {
      for (const each of run.connections) each.disconnect('it broke');
    }
    return 1;
  };
  const run = world.start('a', 'push b -j 2 --retries 0');
  assert.equal((await run.finished).status, 4);
  b.delayMs = undefined;
  // Until the receives have noticed it, too.
  await world.clock.sleep(60_000);
  return { world, a, b };
}

test('abort ends with the status of the worst that happened', async () => {
  const { world, b } = await makeInterrupted();
  let calls = 0;
  b.beforeZfs = ([subcommand, option, dataset = '']) => {
    if (subcommand !== 'receive' || option !== '-A') return;
    // Somebody else is quicker with the first; then the rights are withdrawn.
    if (++calls === 1) b.pools.abortReceive(dataset);
    else b.isZfsDenied = true;
  };
  await expectRun(world, 'b', 'abort --yes', 1);
});

for (const how of ['is killed', 'is interrupted', 'loses its connection'] as const) {
  test(`a hold that is taken only after its run ${how} is released, too`, async () => {
    const { world, a, b } = makeWorld(1);
    addLargeVersion(a, 'web:2');
    addVersion(a, 'tank/vm', 'web:3');
    let holds = 0;
    a.beforeZfs = async ([subcommand]) => {
      // A pool that is busy.
      if (subcommand === 'hold' && ++holds === 1) await world.clock.sleep(8000);
    };
    b.delayMs = (work) => (work === 'receive' ? 10 : 0);
    const isPull = how === 'loses its connection';
    const args = isPull ? 'pull a' : 'push b';
    const run = world.start(isPull ? 'b' : 'a', args);
    await world.clock.sleep(500);
    if (how === 'is killed') run.kill();
    else if (how === 'is interrupted') run.interrupt();
    else run.connections.find(({ name }) => name !== 'local')?.disconnect('it broke');
    if (isPull) assert.equal((await run.finished).status, 0);
    await world.clock.sleep(1000);
    await expectRun(world, isPull ? 'b' : 'a', args);
    await world.clock.sleep(60_000);
    await expectRun(world, isPull ? 'b' : 'a', args);
    assert.ok(holds > 0);
    for (const snapshot of a.pools.open('tank/vm').snapshots) assert.equal(snapshot.holds.size, 0);
  });
}

test('what a run that died holds is released also by one that calls the host by another name', async () => {
  const { world, a, b } = makeWorld(1);
  addLargeVersion(a, 'web:2');
  await runAndKill(world, 'b', 'pull root@a', b);
  const countHolds = (): number =>
    a.pools.open('tank/vm').snapshots.reduce((sum, { holds }) => sum + holds.size, 0);
  assert.ok(countHolds() > 0);
  await expectRun(world, 'b', 'pull a');
  assert.equal(countHolds(), 0);
  assert.deepEqual(world.journal('b').records, []);
});

/** What may happen to a partial receive between the reading of its token and the receive that goes on with it. */
const changesOfPartials: readonly { readonly title: string; readonly change: (b: Machine) => void }[] = [
  {
    title: 'has moved',
    change: ({ pools }) => {
      const { partial } = pools.open('tank/vm');
      assert.ok(partial);
      partial.position++;
    },
  },
  {
    title: 'was dropped',
    change: ({ pools }) => {
      pools.abortReceive('tank/vm');
    },
  },
];

for (const { title, change } of changesOfPartials) {
  test(`a partial receive that ${title} since it was looked at is looked at again`, async () => {
    const { world, a, b } = await makeInterrupted();
    const { partial } = b.pools.open('tank/vm');
    assert.ok(partial);
    // What the token tells when it is read; the record has arrived in truth.
    partial.position--;
    let receives = 0;
    b.beforeZfs = ([subcommand, ...words]) => {
      if (subcommand === 'receive' && words.at(-1) === 'tank/vm' && ++receives === 1) change(b);
    };
    const { stderr } = await expectRun(world, 'a', 'push b');
    assert.match(stderr, /cannot receive resume stream: .*\n.*re(?:connect|try)ing in 1 s/);
    assert.equal(receives, 2);
    assertHasVersionsOf(b, a);
  });
}

test('a connection that is lost while the hosts are read is made again, and one that can not be made is not', async () => {
  const { world, a, b } = makeWorld();
  let calls = 0;
  b.beforeZfs = () => {
    if (++calls === 1) run.connections.at(-1)?.disconnect('it broke');
  };
  const run = world.start('a', 'push b');
  const { status, stderr } = await run.finished;
  assert.equal(status, 0, stderr);
  assert.match(stderr, /connection lost during zfs list: .*\n.*\n?re(?:connect|try)ing in 1 s/);
  assertHasVersionsOf(b, a);
  b.beforeZfs = () => {
    again.connections.at(-1)?.disconnect('it broke');
  };
  const again = world.start('a', 'push --retries 2 b');
  const end = await again.finished;
  assert.deepEqual([end.status, end.stderr.match(/reconnecting/g)?.length], [4, 2], end.stderr);
  b.unreachable = 'connection refused';
  assert.doesNotMatch((await expectRun(world, 'a', 'push b', 4)).stderr, /reconnecting|retrying/);
});

/** What somebody may do on the receiver to what a stream goes on from, after that was looked at. */
const losses: readonly { readonly title: string; readonly lose: (pools: Machine['pools']) => void }[] = [
  {
    title: 'the newest version is rolled back',
    lose: (pools) => {
      pools.rollback('tank/vm@zfs-vm:web:2', { recursive: true });
    },
  },
  {
    title: 'the dataset is destroyed',
    lose: (pools) => {
      pools.destroy('tank/vm', { recursive: true });
    },
  },
];

for (const { title, lose } of losses) {
  for (const what of ['an increment', 'a clone']) {
    test(`when ${title} on the receiver before ${what} comes, it is looked at again`, async () => {
      const { world, a, b } = makeWorld();
      await expectRun(world, 'a', 'push b');
      if (what === 'a clone') await expectRun(world, 'a', 'clone web tank/work');
      addVersion(a, what === 'a clone' ? 'tank/work' : 'tank/vm', 'web:4');
      let receives = 0;
      b.beforeZfs = ([subcommand]) => {
        if (subcommand === 'receive' && ++receives === 1) lose(b.pools);
      };
      assert.match((await expectRun(world, 'a', 'push b')).stderr, /re(?:connect|try)ing in 1 s/);
      assertHasVersionsOf(b, a);
    });
  }
}

test('what has come since an interrupted receive was shown is not dropped with it', async () => {
  const { world, a, b } = await makeInterrupted();
  const goOn = ({ partial }: Dataset): void => {
    assert.ok(partial);
    partial.bytes++;
  };
  b.beforeZfs = ([subcommand, ...words]) => {
    if (subcommand === 'get' && words.at(-1) === 'tank/vm') goOn(b.pools.open('tank/vm'));
  };
  const { stdout, stderr } = await expectRun(world, 'b', 'abort --yes', 1);
  assert.match(stdout, /^discarded the interrupted receive of db:1 in tank\/db$/m);
  assert.match(stderr, /tank\/vm contains partially-complete state of another receive by now, or none/);
  assert.ok(b.pools.open('tank/vm').partial);
  // Nor by a push that has to make room; it looks again, and drops what it has seen then.
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  addVersion(a, 'tank/vm', 'web:2');
  let looks = 0;
  b.beforeZfs = ([subcommand, ...words]) => {
    if (subcommand === 'get' && words.at(-1) === 'tank/vm' && ++looks === 1) goOn(b.pools.open('tank/vm'));
  };
  const again = await expectRun(world, 'a', 'push b');
  assert.match(again.stderr, /re(?:connect|try)ing in 1 s/);
  assert.equal(looks, 2);
  assertHasVersionsOf(b, a);
});

test('abort tells what was dropped before the host was lost', async () => {
  const { world, b } = await makeInterrupted();
  let calls = 0;
  b.beforeZfs = ([subcommand, option]) => {
    if (subcommand === 'receive' && option === '-A' && ++calls === 2) {
      run.connections.at(-1)?.disconnect('gone');
    }
  };
  const run = world.start('a', 'abort --yes b');
  const { status, stdout, stderr } = await run.finished;
  assert.equal(status, 4, stderr);
  assert.match(stdout, /^discarded the interrupted receive of (web|db):1 in b:tank\/(vm|db)$/m);
  assert.match(stderr, /gone/);
});

test('a rollback goes past bookmarks, and shows them first', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  // What a push from there to somewhere else has left.
  addVersion(b, 'tank/vm', 'web:9');
  b.pools.bookmark('tank/vm@zfs-vm:web:9', 'tank/vm#zfs-vm:web:9');
  b.pools.destroySnapshots('tank/vm', ['zfs-vm:web:9']);
  addVersion(b, 'tank/vm', 'web:10');
  addVersion(a, 'tank/vm', 'web:4');
  assert.match(
    (await expectRun(world, 'a', 'push --rollback b', 3)).stderr,
    /destroy b:tank\/vm#zfs-vm:web:9\n/,
  );
  await expectRun(world, 'a', 'push --rollback --yes b');
  assertHasVersionsOf(b, a);
  assert.deepEqual(
    b.pools.open('tank/vm').bookmarks.map(({ name }) => name),
    [],
  );
});

test('where both sides made the same version, the way out that is told works', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  for (const host of [a, b]) addVersion(host, 'tank/vm', 'web:4');
  b.pools.clone('tank/vm@zfs-vm:web:4', 'tank/work');
  const told =
    /or promote or destroy its clones \(tank\/work\), then run the same command again with --rollback to destroy the one on b\n/;
  for (const option of ['', '--rollback --yes ', '--replace --yes ']) {
    assert.match((await expectRun(world, 'a', `push ${option}b`, 3)).stderr, told);
  }
  b.pools.destroy('tank/work');
  assert.match(
    (await expectRun(world, 'a', 'push b', 3)).stderr,
    /, or run the same command again with --rollback to destroy the one on b\n|, or with --rollback to destroy the one on b\n/,
  );
  await expectRun(world, 'a', 'push --rollback --yes b');
  assertHasVersionsOf(b, a);
});

test('what is a copy of another dataset is not offered for replacement', async () => {
  for (const version of ['web:7', 'web:3']) {
    const { world, a, b } = makeWorld();
    a.pools.create('tank/o');
    addVersion(a, 'tank/o', 'other:1');
    await expectRun(world, 'a', 'push -n other b');
    addVersion(b, 'tank/o', version);
    const { stderr } = await expectRun(world, 'a', 'push b', 3);
    assert.match(stderr, /to resolve: rename the streamline/);
    assert.doesNotMatch(stderr, /--replace|--rollback/);
  }
});

test('thousands of snapshots are rolled back by one call that fits into a command line', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  const name = (index: number): string =>
    `autosnap_2026-01-01_00:00:${String(index).padStart(4, '0')}_hourly`;
  for (let index = 0; index < 4000; index++) b.pools.snapshot([`tank/vm@${name(index)}`]);
  addVersion(a, 'tank/vm', 'web:4');
  const lengths: number[] = [];
  b.beforeZfs = ([subcommand, ...words]) => {
    if (subcommand === 'destroy') lengths.push(words.join(' ').length);
  };
  await expectRun(world, 'a', 'push --rollback --yes b');
  assertHasVersionsOf(b, a);
  assert.ok(lengths.length === 1 && lengths.every((length) => length < 131_072), String(lengths));
});

test('what was written since a rollback or a replacement was shown is kept', async () => {
  for (const option of ['--rollback', '--replace']) {
    const { world, a, b } = makeWorld(1);
    if (option === '--rollback') await expectRun(world, 'a', 'push b');
    else addVersion(b, b.pools.create('tank/vm').name, 'other:1');
    addVersion(a, 'tank/vm', 'web:2');
    b.pools.snapshot(['tank/vm@daily']);
    b.pools.write('tank/vm', [1]);
    let writes = 0;
    let state = '';
    b.beforeZfs = ([subcommand, ...words]) => {
      if (subcommand !== 'get' || !words.includes('written') || ++writes > 1) return;
      b.pools.write('tank/vm', [1, 2, 3]);
      state = describeState(b);
    };
    const { stderr } = await expectRun(world, 'a', `push ${option} --yes b`, 1);
    assert.match(
      stderr,
      /tank\/vm was written to after the confirmation; nothing of it was destroyed\. Stop what writes to it/,
    );
    assert.equal(describeState(b), state);
    // It is shown as it is now.
    assert.match((await expectRun(world, 'a', `push ${option} b`, 3)).stderr, /, losing .* written since/);
    await expectRun(world, 'a', `push ${option} --yes b`);
    assertHasVersionsOf(b, a);
  }
});

test('what has come since a rollback was shown is kept', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  b.pools.write('tank/vm', [1]);
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'rollback') return;
    b.beforeZfs = undefined;
    b.pools.snapshot(['tank/vm@mine']);
  };
  await expectRun(world, 'a', 'push --rollback --yes b', 1);
  assert.equal(b.pools.open('tank/vm').snapshots.at(-1)?.name, 'mine');
});

test('what has come since a replacement was shown is kept, in the dataset and below it', async () => {
  for (const come of ['snapshot', 'dataset'] as const) {
    const { world, a, b } = makeWorld();
    b.pools.create('tank/vm');
    addVersion(b, 'tank/vm', 'other:1');
    b.beforeZfs = ([subcommand]) => {
      if (subcommand !== 'rename') return;
      b.beforeZfs = undefined;
      if (come === 'snapshot') b.pools.snapshot(['tank/vm@mine']);
      else b.pools.create('tank/vm/mine');
    };
    const { stderr } = await expectRun(world, 'a', 'push --replace --yes b');
    const [, aside = ''] = /is kept as (tank\/vm-replaced-[0-9TZ]+)/.exec(stderr) ?? [];
    assert.match(versionsOf(b, aside), come === 'snapshot' ? /^other:1 mine$/ : /^other:1$/);
    assert.equal(b.pools.datasets.has(`${aside}/mine`), come === 'dataset');
    assert.equal(versionsOf(b), versionsOf(a));
  }
});

test('a user with sudo can do everything with -s, and nothing without', async () => {
  const { world, a, b } = makeWorld();
  world.addUser('fjoe', { sudo: 'anything' });
  assert.match(
    (await expectRun(world, 'a', 'push fjoe@b', 4)).stderr,
    /permission denied by zfs for this user/,
  );
  await expectRun(world, 'a', '-s push fjoe@b');
  assertHasVersionsOf(b, a);
});

test('where sudo logs what its commands read, each stream has a channel, opened while the one before is at work', async () => {
  const { world, a, b } = makeWorld(0);
  addLargeVersion(a, 'web:1');
  for (const version of ['web:2', 'web:3']) addVersion(a, 'tank/vm', version);
  world.addUser('fjoe', { sudo: 'anything, and logs what it reads' });
  const arrivedBefore: number[] = [];
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'receive') return;
    arrivedBefore.push(b.pools.datasets.get('tank/vm')?.snapshots.length ?? 0);
  };
  await expectRun(world, 'a', '-s push fjoe@b');
  assertHasVersionsOf(b, a);
  // The first version, and all others in one stream: when the second receive begins, the first one is still at work.
  assert.deepEqual(arrivedBefore, [0, 0]);
});

test('a sudo that wants a password is told as such', async () => {
  const { world } = makeWorld();
  world.addUser('pat', { sudo: 'after a password' });
  assert.match((await expectRun(world, 'a', '-s push pat@b', 4)).stderr, /NOPASSWD/);
});

test('a connection that breaks is made again in the same run, and the stream goes on where it stood', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  let calls = 0;
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'receive' || ++calls > 1) return;
    run.connections.at(-1)?.breakAfter(300_000);
  };
  const run = world.start('a', 'push b');
  const { status, stdout, stderr } = await run.finished;
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout + stderr, /re(?:connect|try)ing in 1 s/);
  assert.match(stdout, /resumed/);
  assertHasVersionsOf(b, a);
  assert.ok(world.clock.nowMs >= 1000, 'the time that it waited is virtual');
});

test('a pull whose connection breaks releases in the same run what it held before', async () => {
  const { world, a, b } = makeWorld(1);
  // What lies between needs a stream for each version, and so holds from the start.
  a.pools.snapshot(['tank/vm@mine']);
  addVersion(a, 'tank/vm', 'web:2');
  a.pools.snapshot(['tank/vm@other']);
  addLargeVersion(a, 'web:3');
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) run.connections.at(-1)?.disconnect('it broke');
    return 1;
  };
  const run = world.start('b', 'pull root@a');
  const { status, stderr } = await run.finished;
  assert.match(stderr, /it broke/);
  assert.equal(status, 0, stderr);
  assertHasVersionsOf(b, a);
  for (const { holds } of a.pools.open('tank/vm').snapshots) assert.equal(holds.size, 0);
  assert.deepEqual(world.journal('b').records, []);
});

test('a run that is killed leaves holds, which the next one releases, and goes on with its stream', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  await runAndKill(world, 'a', 'push b', b);
  assert.equal(world.journal('a').records.length, 1);
  const { stdout } = await expectRun(world, 'a', 'push b');
  assert.match(stdout, /resumed/);
  assertHasVersionsOf(b, a);
  assert.deepEqual(world.journal('a').records, []);
  assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
});

test('what a run that died holds on a host that has not imported its pool yet is released when it has', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  await runAndKill(world, 'b', 'pull a', b);
  const isHeld = (): boolean => a.pools.open('tank/vm').snapshots.some(({ holds }) => holds.size > 0);
  assert.ok(isHeld());
  const bringBack = a.pools.exportPool('tank');
  await world.run('b', 'pull a');
  bringBack();
  assert.ok(isHeld());
  await expectRun(world, 'b', 'pull a');
  assert.ok(!isHeld());
  assert.deepEqual(world.journal('b').records, []);
});

test('a receiver whose pool is full is told as such, and gone on with when it has room', async () => {
  const { world, a, b } = makeWorld(1);
  a.pools.write(
    'tank/vm',
    Array.from({ length: 50 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/vm@zfs-vm:web:2']);
  b.pools.resizePool('tank', 20);
  assert.match((await expectRun(world, 'a', 'push b', 1)).stderr, /out of space/);
  b.pools.resizePool('tank', 1000);
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('two runs at once bring everything, each once', async () => {
  const { world, a, b } = makeWorld();
  for (const machine of [a, b]) machine.delayMs = () => world.random.below(20);
  const runs = await Promise.all([world.run('a', 'push b'), world.run('a', 'push b')]);
  assert.deepEqual(
    runs.map(({ status }) => status),
    [0, 0],
    runs.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
  );
  assertHasVersionsOf(b, a);
});

test('the same seed gives the same run, to the letter', async () => {
  const tell = async (): Promise<string> => {
    const { world, a, b } = makeWorld();
    for (const machine of [a, b]) machine.delayMs = () => world.random.below(20);
    await expectRun(world, 'a', 'push b');
    return `${world.clock.nowMs}\n${describeState(a)}\n${describeState(b)}`;
  };
  assert.equal(await tell(), await tell());
});

test('zfs that is taken away from everybody is told as such', async () => {
  const { world, b } = makeWorld();
  b.isZfsDenied = true;
  await expectRun(world, 'a', 'push b', 4);
});

test('list and tag work on a simulated host, too', async () => {
  const { world } = makeWorld();
  assert.match((await expectRun(world, 'a', 'tag tank/vm')).stdout, /tank\/vm@zfs-vm:web:4/);
  assert.match((await expectRun(world, 'b', 'list a')).stdout, /web/);
});

test('a host that is reset in the middle is waited for, and gone on with in the same run', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  let received = 0;
  b.delayMs = (work) => {
    if (work !== 'receive' || ++received !== 100) return 1;
    b.unreachable = 'it is starting';
    b.reset();
    void world.clock.sleep(3000).then(() => {
      b.unreachable = undefined;
    });
    return 1;
  };
  const { stdout } = await expectRun(world, 'a', 'push b');
  assert.match(stdout, /resumed/);
  assertHasVersionsOf(b, a);
});

test('a list that was cut in the middle is noticed', async () => {
  const { world, b } = makeWorld();
  b.loseOutputAfter = () => 40;
  assert.match((await expectRun(world, 'a', 'push b', 1)).stderr, /output of zfs list is incomplete/);
});

test('a version that somebody destroys between plan and step is told', async () => {
  const { world, a } = makeWorld();
  a.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'send') return;
    a.beforeZfs = undefined;
    const { snapshots } = a.pools.open('tank/vm');
    for (const { holds } of snapshots) holds.clear();
    a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  };
  assert.match((await expectRun(world, 'a', 'push b', 1)).stderr, /tank\/vm@zfs-vm:web:1.*does not exist/s);
});

test('what was written to the copy in the last seconds is a conflict, though no list had it', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  b.beforeZfs = ([subcommand]) => {
    if (subcommand === 'receive') b.pools.write('tank/vm', [7]);
  };
  const { stdout, stderr } = await expectRun(world, 'a', 'push b', 3);
  assert.match(stdout + stderr, /retrying in 1 s/);
  assert.match(stderr, /conflict: web in tank\/vm: b:tank\/vm has .* of changes after web:3/);
});

test('a run that is interrupted while it reads a host says nothing of what was received', async () => {
  const { world, a, b } = makeWorld();
  addVersion(a, 'tank/vm', 'web:9');
  b.delayMs = () => 10_000;
  const run = world.start('a', 'push b');
  await world.clock.sleep(100);
  run.interrupt();
  const { status, stderr } = await run.finished;
  assert.equal(status, 130);
  assert.equal(stderr, 'zfs-vm: interrupted by SIGINT\n');
});

test('a run that is interrupted releases its holds, and tells so', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:4');
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) run.interrupt();
    return 1;
  };
  const run = world.start('a', 'push b');
  const { status, stderr } = await run.finished;
  assert.equal(status, 130);
  assert.match(stderr, /run the same command again/);
  assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
  b.delayMs = undefined;
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('--all-snapshots goes on after an interrupted receive of a snapshot that is gone since', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push --all-snapshots b');
  a.pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/vm@auto-2']);
  await runAndKill(world, 'a', 'push --all-snapshots b', b);
  assert.ok(b.pools.open('tank/vm').partial);
  for (const { fullName, holds } of a.pools.open('tank/vm').snapshots) {
    for (const tag of [...holds.keys()]) a.pools.release(tag, fullName);
  }
  a.pools.destroySnapshots('tank/vm', ['auto-2']);
  a.pools.write('tank/vm', [3]);
  a.pools.snapshot(['tank/vm@auto-3']);
  const { stdout } = await expectRun(world, 'a', 'push --all-snapshots b');
  assert.match(stdout, /discard the interrupted receive of tank\/vm@auto-2/);
  assert.equal(versionsOf(b), 'web:1 web:2 web:3 auto-3');
});

test('--all-snapshots goes on where the first snapshot of a dataset was interrupted, and is gone since', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/vm@auto-1']);
  await runAndKill(world, 'a', 'push --all-snapshots b', b);
  assert.ok(b.pools.open('tank/vm').isInconsistent);
  for (const tag of [...a.pools.openSnapshot('tank/vm@auto-1').holds.keys()]) {
    a.pools.release(tag, 'tank/vm@auto-1');
  }
  a.pools.destroySnapshots('tank/vm', ['auto-1']);
  a.pools.snapshot(['tank/vm@auto-2']);
  const { stdout } = await expectRun(world, 'a', 'push --all-snapshots b');
  assert.match(stdout, /discard the interrupted receive of tank\/vm@auto-1/);
  assertHasVersionsOf(b, a);
  assert.equal(versionsOf(b), 'auto-2');
});

test('--all-snapshots leaves what was interrupted of another dataset', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/other');
  a.pools.create('tank/vm');
  a.pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/vm@auto-1']);
  await runAndKill(world, 'a', 'push --all-snapshots b', b);
  a.pools.rename('tank/vm', 'tank/moved');
  a.pools.create('tank/vm');
  a.pools.snapshot(['tank/vm@auto-1']);
  b.pools.rename('tank/vm', 'tank/other');
  a.pools.snapshot(['tank/other@auto-1']);
  const { stderr } = await expectRun(world, 'a', 'push --all-snapshots b', 3);
  assert.match(stderr, /tank\/other/);
  assert.ok(b.pools.open('tank/other').isInconsistent);
});
