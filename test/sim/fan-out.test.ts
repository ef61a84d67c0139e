import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState } from './oracle.js';
import { SimWorld, type RunResult } from './sim-world.js';

interface ManyWorld {
  readonly world: SimWorld;
  readonly a: Machine;
  readonly b: Machine;
  readonly c: Machine;
  readonly d: Machine;
  /** What `zfs send` was called for on a, each call: from where, and to where. */
  readonly sends: string[];
}

/** A host a that has an image in three versions, and three empty ones. */
function makeWorld(): ManyWorld {
  const world = new SimWorld();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => world.addMachine(name)) as [
    ...[Machine, Machine, Machine, Machine],
  ];
  a.pools.create('tank/vm');
  for (let version = 1; version <= 3; version++) addVersion(a, 'tank/vm', `web:${version}`);
  const sends: string[] = [];
  a.beforeZfs = ([subcommand, ...words]) => {
    if (subcommand !== 'send' || words.includes('-n')) return;
    const points = words.filter((word) => /[@#]/.test(word));
    sends.push(points.map((point) => point.replace(/^.*zfs-vm:/, '')).join(' to '));
  };
  return { world, a, b, c, d, sends };
}

function addVersion({ pools }: Machine, dataset: string, tag: string, blocks = 3): void {
  pools.write(
    dataset,
    Array.from({ length: blocks }, (_, block) => block),
  );
  pools.snapshot([`${dataset}@zfs-vm:${tag}`]);
}

/** Runs zfs-vm on a, and expects this status. */
async function expectRun(world: SimWorld, args: string, status = 0): Promise<RunResult> {
  const result = await world.run('a', args);
  assertStatus(result, args, status);
  return result;
}

function assertStatus({ status, stdout, stderr }: RunResult, args: string, expected = 0): void {
  assert.equal(status, expected, `zfs-vm ${args}\n${stdout}${stderr}`);
}

/** Every receiver has what a has, the next run finds nothing to do, and nothing is left behind. */
async function assertAllInSync({ world, a, b, c, d }: ManyWorld): Promise<void> {
  for (const receiver of [b, c, d]) assertHasVersionsOf(receiver, a);
  const states = [b, c, d].map(describeState);
  const { stdout } = await expectRun(world, 'push b c d');
  assert.equal([...stdout.matchAll(/nothing to do: . is up to date/g)].length, 3, stdout);
  assert.deepEqual([b, c, d].map(describeState), states);
  for (const { holds } of a.pools.open('tank/vm').snapshots) assert.equal(holds.size, 0);
  assert.deepEqual(world.journal('a').records, []);
}

/** Waits until something is so, for a virtual hour at most. */
async function waitUntil({ clock }: SimWorld, isSo: () => boolean): Promise<void> {
  const untilMs = clock.nowMs + 3_600_000;
  while (!isSo()) {
    assert.ok(clock.nowMs < untilMs, 'it never comes to that');
    await clock.sleep(100);
  }
}

function hasVersions({ pools }: Machine, count: number): boolean {
  return pools.datasets.has('tank/vm') && pools.open('tank/vm').snapshots.length >= count;
}

/** The lines of the table at the end of an output, without its title. */
function readTable(stdout: string): string[][] {
  const lines = stdout.trimEnd().split('\n');
  const title = lines.findIndex((line) => line.startsWith('HOST '));
  return lines.slice(title + 1).map((line) => line.split(/ {2,}/));
}

test('what several hosts need is read once, and arrives at all of them', async () => {
  const many = makeWorld();
  const { stdout } = await expectRun(many.world, 'push b c d');
  assert.deepEqual(many.sends, ['web:1', 'web:1 to web:3']);
  assert.match(stdout, /^3 versions are read once for b, c and d$/m);
  assert.match(stdout, /^c {2}web:2 {2}tank\/vm -> c:tank\/vm {2}incremental/m);
  assert.deepEqual(
    readTable(stdout).map(([host, versions, , , status]) => [host, versions, status]),
    ['b', 'c', 'd'].map((host) => [host, '3', 'done']),
  );
  await assertAllInSync(many);
});

test('hosts that are at different versions share the steps that they have in common', async () => {
  const many = makeWorld();
  const { world, a, sends } = many;
  await expectRun(world, 'push -n web:2 c');
  await expectRun(world, 'push d');
  addVersion(a, 'tank/vm', 'web:4');
  sends.length = 0;
  await expectRun(world, 'push b c d');
  // What b needs alone, what b and c need, and what all need.
  assert.deepEqual(sends, ['web:1', 'web:1 to web:2', 'web:2 to web:3', 'web:3 to web:4']);
  await assertAllInSync(many);
});

test('what goes to different places there is the same stream, and clones are clones', async () => {
  const many = makeWorld();
  const { world, a, b, c, d, sends } = many;
  await expectRun(world, 'push -n web:1 -d tank/x b');
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/c1');
  addVersion(a, 'tank/c1', 'own:1');
  sends.length = 0;
  await expectRun(world, 'push b c d');
  assert.deepEqual([...sends].sort(), ['web:1', 'web:1 to web:3', 'web:2 to own:1']);
  assert.equal(b.pools.open('tank/c1').origin?.fullName, 'tank/x/vm@zfs-vm:web:2');
  assert.equal(c.pools.open('tank/c1').origin?.fullName, 'tank/vm@zfs-vm:web:2');
  for (const receiver of [b, c, d]) assertHasVersionsOf(receiver, a);
});

test('many datasets go in lanes that all share', async () => {
  const many = makeWorld();
  for (let image = 1; image <= 12; image++) {
    many.a.pools.create(`tank/i${image}`);
    addVersion(many.a, `tank/i${image}`, `i${image}:1`);
  }
  await expectRun(many.world, 'push -j 3 b c d');
  assert.equal(many.sends.length, 14);
  await assertAllInSync(many);
});

test('a host that is reset in the middle stops no other, and is finished in the same run', async () => {
  const many = makeWorld();
  const { world, a, c, sends } = many;
  addVersion(a, 'tank/vm', 'web:4', 200);
  let received = 0;
  c.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) c.reset();
    return 1;
  };
  const { stdout, stderr } = await expectRun(world, 'push b c d');
  assert.match(stderr, /^c {2}re(connect|try)ing in 1 s/m);
  assert.doesNotMatch(stderr, /^[bd] /m);
  assert.match(stdout, /^c {2}web:4 .* resumed/m);
  assert.deepEqual(sends.slice(0, 2), ['web:1', 'web:1 to web:4']);
  assert.equal(sends.length, 3, 'the rest for c alone');
  await assertAllInSync(many);
});

test('a host that is gone for good stops no other, and is finished by the next run', async () => {
  const many = makeWorld();
  const { world, a, b, c, d } = many;
  addVersion(a, 'tank/vm', 'web:4', 200);
  let received = 0;
  c.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) {
      c.unreachable = 'it is switched off';
      c.reset();
    }
    return 1;
  };
  const { stdout } = await expectRun(world, 'push b c d', 4);
  for (const receiver of [b, d]) assertHasVersionsOf(receiver, a);
  assert.deepEqual(
    readTable(stdout).map(([host, versions, , , status]) => [host, versions, status]),
    [
      ['b', '4', 'done'],
      ['c', '3', 'incomplete: 1 version not sent'],
      ['d', '4', 'done'],
    ],
  );
  c.unreachable = undefined;
  c.delayMs = undefined;
  assert.match((await expectRun(world, 'push b c d')).stdout, /^c .* resumed/m);
  await assertAllInSync(many);
});

test('a host that is slower than the others is left behind when it has held them back long enough', async () => {
  const many = makeWorld();
  const { world, a, b, c, d } = many;
  addVersion(a, 'tank/vm', 'web:4', 4000);
  for (const fast of [b, d]) fast.delayMs = (work) => (work === 'receive' ? 1 : 0);
  c.delayMs = (work) => (work === 'receive' ? 100 : 0);
  const run = world.start('a', 'push --fan-out-lag 20 b c d');
  await waitUntil(world, () => / s for c;/.test(run.readErrors()));
  const leftAtMs = world.clock.nowMs;
  await waitUntil(world, () => [b, d].every((fast) => hasVersions(fast, 4)));
  assert.ok(world.clock.nowMs - leftAtMs < 10_000, 'from then on they are as fast as they can be');
  const result = await run.finished;
  assertStatus(result, 'push b c d');
  assert.match(result.stderr, /^c {2}the other hosts waited 2[01] s for c; it now continues separately$/m);
  assert.match(result.stdout, /^c {2}web:4 .* resumed/m);
  assert.equal(readTable(result.stdout).at(1)?.at(-1), 'done');
  await assertAllInSync(many);
});

test('a host that is a little slower, within the lag, gets everything together with the others', async () => {
  const many = makeWorld();
  const { world, a, b, c, d, sends } = many;
  addVersion(a, 'tank/vm', 'web:4', 3000);
  for (const fast of [b, d]) fast.delayMs = (work) => (work === 'receive' ? 1 : 0);
  c.delayMs = (work) => (work === 'receive' ? 10 : 0);
  const { stderr } = await expectRun(world, 'push --fan-out-lag 60 b c d');
  assert.equal(stderr, '');
  assert.deepEqual(sends, ['web:1', 'web:1 to web:4']);
  await assertAllInSync(many);
});

test('a host that stands still is left behind, and the others are done long before it is given up', async () => {
  const many = makeWorld();
  const { world, a, b, c, d } = many;
  addVersion(a, 'tank/vm', 'web:4', 4000);
  let received = 0;
  c.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) c.freeze();
    return 0;
  };
  const run = world.start('a', 'push --retries 0 b c d');
  await waitUntil(world, () => [b, d].every((other) => hasVersions(other, 4)));
  assert.ok(world.clock.nowMs < 60_000, `after ${world.clock.nowMs} ms`);
  c.thaw();
  assertStatus(await run.finished, 'push b c d');
  await assertAllInSync(many);
});

test('waiting for one that stands still is not taken for standing still oneself', async () => {
  const many = makeWorld();
  const { world, a, c } = many;
  addVersion(a, 'tank/vm', 'web:4', 4000);
  let received = 0;
  c.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) c.freeze();
    return 0;
  };
  const run = world.start('a', 'push --stall-timeout 8 --retries 6 b c d');
  await waitUntil(world, () => /waited [45]\.0 s for c/.test(run.readErrors()));
  await world.clock.sleep(10_000);
  c.thaw();
  const result = await run.finished;
  assertStatus(result, 'push b c d');
  assert.doesNotMatch(result.stderr, /^[bd] /m);
  await assertAllInSync(many);
});

test('a failure at one host concerns that one only, and what depends on it there', async () => {
  const many = makeWorld();
  const { world, a, b, c, d } = many;
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/c1');
  addVersion(a, 'tank/c1', 'own:1');
  addVersion(a, 'tank/vm', 'web:4', 50);
  c.pools.resizePool('tank', 20);
  const { stdout, stderr } = await expectRun(world, 'push b c d', 1);
  assert.match(stderr, /^c .*web:4 .* failed/m);
  assert.doesNotMatch(stderr, /^[bd] /m);
  for (const receiver of [b, d]) assertHasVersionsOf(receiver, a);
  assert.match(stdout, /^c .* incomplete: [0-9]+ versions? not sent$/m);
  c.pools.resizePool('tank', 1000);
  await expectRun(world, 'push b c d');
  assert.equal(c.pools.open('tank/c1').origin?.fullName, 'tank/vm@zfs-vm:web:2');
  await assertAllInSync(many);
});

test('a clone that waits for an origin which failed at one host is shared by the others', async () => {
  const many = makeWorld();
  const { world, a, b, c, d, sends } = many;
  a.pools.clone('tank/vm@zfs-vm:web:3', 'tank/c1');
  addVersion(a, 'tank/c1', 'own:1');
  c.beforeZfs = ([subcommand, ...words]) => {
    if (subcommand === 'receive' && words.at(-1) === 'tank/vm') c.pools.resizePool('tank', 1);
  };
  const { stderr } = await expectRun(world, 'push b c d', 1);
  assert.match(stderr, /^c {2}tank\/c1 skipped: it needs tank\/vm@zfs-vm:web:3/m);
  for (const receiver of [b, d]) assertHasVersionsOf(receiver, a);
  assert.deepEqual([...sends].sort(), ['web:1', 'web:1 to web:3', 'web:3 to own:1']);
});

test('a clone whose origin is gone from the stream that all get is waited for by nobody', async () => {
  const { world, a, b, c } = makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/new');
  addVersion(a, 'tank/new', 'new:1');
  const { beforeZfs } = a;
  let isRenamed = false;
  a.beforeZfs = (words, ...rest) => {
    if (words[0] === 'send' && words.includes('-I') && !words.includes('-n') && !isRenamed) {
      isRenamed = true;
      a.pools.renameSnapshot('tank/vm@zfs-vm:web:2', 'tank/vm@old');
    }
    return beforeZfs?.(words, ...rest);
  };
  const { stdout, stderr } = await expectRun(world, 'push b c', 1);
  assert.match(stderr, /tank\/vm@zfs-vm:web:2 was destroyed or renamed before it could be sent/);
  assert.match(stderr, /tank\/new .*needs tank\/vm@zfs-vm:web:2/);
  assert.match(stdout, /^c {2}web:3 {2}tank\/vm -> c:tank\/vm {2}incremental since web:1,/m);
  for (const { pools } of [b, c]) assert.deepEqual([...pools.datasets.keys()].sort(), ['tank', 'tank/vm']);
});

test('a host that cannot be reached, and one without the pool, stop no other', async () => {
  const { world, a, b, c, d } = makeWorld();
  c.unreachable = 'it is switched off';
  const { stdout, stderr } = await expectRun(world, 'push b c d', 4);
  assert.match(stderr, /^c {2}zfs-vm: cannot connect to c: it is switched off$/m);
  assert.match(stdout, /^c .* failed: cannot connect to c/m);
  for (const receiver of [b, d]) assertHasVersionsOf(receiver, a);
  a.pools.createPool('more');
  b.pools.createPool('more');
  const there = await expectRun(world, 'push -d more/x b d', 2);
  assert.match(there.stderr, /^d {2}zfs-vm: cannot use -d more\/x: d has no pool "more"/m);
});

test('what is wrong for all of them is told once', async () => {
  const { world } = makeWorld();
  const { stdout, stderr } = await expectRun(world, 'push -n other b c d', 2);
  assert.equal([...stderr.matchAll(/no streamline "other"/g)].length, 1);
  assert.equal(stdout, '');
});

test('an interrupt ends it for all, and the next run finishes what was begun', async () => {
  const many = makeWorld();
  const { world, a, b } = many;
  addVersion(a, 'tank/vm', 'web:4', 200);
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) run.interrupt();
    return 1;
  };
  const run = world.start('a', 'push b c d');
  const { status, stderr } = await run.finished;
  assert.equal(status, 130);
  assert.equal([...stderr.matchAll(/interrupted by SIGINT/g)].length, 1, stderr);
  b.delayMs = undefined;
  await world.clock.sleep(5000);
  await expectRun(world, 'push b c d');
  await assertAllInSync(many);
});

test('holds go, and bookmarks of the last versions come, when all has come to all, however the chains were cut', async () => {
  const { world, a, b, c } = makeWorld();
  const names = ['tank/d1', 'tank/d2', 'tank/d3'];
  for (const name of names) {
    a.pools.create(name);
    addVersion(a, name, 'd:1');
  }
  await expectRun(world, 'push b c');
  for (const name of names) addVersion(a, name, 'd:2');
  await expectRun(world, 'push c');
  for (const name of names) {
    // What is no version of ours lies between, so that each goes in a stream of its own.
    for (const version of [3, 4]) {
      a.pools.snapshot([`${name}@between-${version}`]);
      addVersion(a, name, `d:${version}`, 100);
    }
  }
  for (const receiver of [b, c]) receiver.delayMs = (work) => (work === 'receive' ? 20 : 0);
  let releases = 0;
  a.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'release') return;
    releases++;
    for (const receiver of [b, c]) assertHasVersionsOf(receiver, a);
  };
  await expectRun(world, 'push -j 1 b c');
  assert.ok(releases > 0);
});

test('a run that is killed leaves its holds to the next one', async () => {
  const many = makeWorld();
  const { world, a, b } = many;
  addVersion(a, 'tank/vm', 'web:4', 200);
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 100) run.kill();
    return 1;
  };
  const run = world.start('a', 'push b c d');
  while (received < 100 || b.pools.open('tank/vm').isReceiving) await world.clock.sleep(10);
  b.delayMs = undefined;
  assert.equal(world.journal('a').records.length, 1);
  await expectRun(world, 'push b c d');
  await assertAllInSync(many);
});

test('conflicts are told by host, and the status is the worst of all', async () => {
  const many = makeWorld();
  const { world, a, c } = many;
  await expectRun(world, 'push b c d');
  addVersion(a, 'tank/vm', 'web:4');
  c.pools.write('tank/vm', [1]);
  const { stdout, stderr } = await expectRun(world, 'push b c d', 3);
  assert.match(stderr, /^c {2}conflict: /m);
  assert.match(stdout, /^c .* done, 1 conflict to resolve$/m);
  await expectRun(world, 'push --rollback b c d', 3);
  const rolledBack = await expectRun(world, 'push --rollback --yes b c d');
  assert.match(rolledBack.stderr, /roll back to c:tank\/vm/);
  await assertAllInSync(many);
});

test('nothing is done to any host before all that would be destroyed is confirmed', async () => {
  const { world, a, b, c, d } = makeWorld();
  await expectRun(world, 'push c d');
  addVersion(a, 'tank/vm', 'web:4');
  for (const changed of [c, d]) changed.pools.write('tank/vm', [1]);
  const states = [b, c, d].map(describeState);
  const { stderr } = await expectRun(world, 'push --rollback b c d', 3);
  assert.match(stderr, /roll back to c:tank\/vm.*\nroll back to d:tank\/vm/);
  assert.equal([...stderr.matchAll(/not confirmed/g)].length, 1);
  assert.deepEqual([b, c, d].map(describeState), states);
});

test('a host that is named twice gets everything once, and this machine may be one of them', async () => {
  const { world, a, b, sends } = makeWorld();
  a.pools.createPool('copy');
  b.pools.createPool('copy');
  const { stdout } = await expectRun(world, 'push -d copy/x b local b');
  assert.equal(readTable(stdout).length, 2);
  assert.deepEqual(sends, ['web:1', 'web:1 to web:3']);
  for (const { pools } of [a, b]) assert.equal(pools.open('copy/x/vm').snapshots.length, 3);
  assert.match((await expectRun(world, 'push b local', 2)).stderr, /needs a destination/);
});

test('only hosts that both have zstd share compressed streams', async () => {
  const many = makeWorld();
  many.d.missingPrograms.add('zstd');
  const { stdout } = await expectRun(many.world, 'push --compress b c d');
  assert.match(stdout, /^3 versions are read once for b and c$/m);
  await assertAllInSync(many);
});

test('the limit is for all that leaves, however many copies of it', async () => {
  const many = makeWorld();
  addVersion(many.a, 'tank/vm', 'web:4', 500);
  const startedAtMs = many.world.clock.nowMs;
  const { stdout } = await expectRun(many.world, 'push --json --bwlimit 1M b c d');
  const [, summary = ''] = /^(.*"event":"summary".*)$/m.exec(stdout) ?? [];
  const { receivers } = JSON.parse(summary) as { receivers: { bytes: number }[] };
  const mebibytes = receivers.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20;
  const seconds = (many.world.clock.nowMs - startedAtMs) / 1000;
  assert.ok(
    mebibytes > 5 && seconds >= mebibytes - 1 && seconds < mebibytes + 5,
    `${mebibytes} MiB in ${seconds} s`,
  );
  await assertAllInSync(many);
});

test('a plan shows what each host would get, and what would be read once', async () => {
  const { world, b, c, d } = makeWorld();
  await expectRun(world, 'push -n web:2 c');
  const states = [b, c, d].map(describeState);
  const { stdout } = await expectRun(world, 'plan push b c d');
  assert.match(stdout, /^tank\/vm -> b:tank\/vm$/m);
  assert.match(stdout, /^1 version in 1 dataset to c/m);
  assert.match(stdout, /^1 version is read once for b, c and d$/m);
  assert.match(stdout, /^2 versions are read once for b and d$/m);
  const json = JSON.parse((await expectRun(world, 'push --dry-run --json b c d')).stdout) as {
    plans: { receiver: string; chains: unknown[] }[];
    shared: { receivers: string[]; versions: unknown[] }[];
  };
  assert.deepEqual(
    json.plans.map(({ receiver }) => receiver),
    ['b', 'c', 'd'],
  );
  assert.deepEqual(
    json.shared.map(({ receivers, versions }) => [receivers.join(''), versions.length]),
    [
      ['bd', 2],
      ['bcd', 1],
    ],
  );
  assert.deepEqual([b, c, d].map(describeState), states);
});

test('with --json each line tells its receiver, and the last one sums up', async () => {
  const { world, c } = makeWorld();
  c.unreachable = 'it is switched off';
  const { stdout } = await expectRun(world, 'push --json b c d', 4);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const done = lines.filter(({ event }) => event === 'step-done').map(({ receiver }) => receiver);
  assert.deepEqual(done.toSorted(), ['b', 'b', 'b', 'd', 'd', 'd']);
  const { event, receivers } = lines.at(-1) as {
    event: string;
    receivers: { receiver: string; status: number; versions: number }[];
  };
  assert.equal(event, 'summary');
  assert.deepEqual(
    receivers.map(({ receiver, status, versions }) => [receiver, status, versions]),
    [
      ['b', 0, 3],
      ['c', 4, 0],
      ['d', 0, 3],
    ],
  );
});

test('a host that takes long to say what it has keeps the others waiting only so long', async () => {
  const many = makeWorld();
  const { world, a, b, c, d } = many;
  c.delayMs = (work) => (work === 'zfs' ? 300_000 : 0);
  const run = world.start('a', 'push --fan-out-lag 10 b c d');
  await waitUntil(world, () => [b, d].every((other) => hasVersions(other, 3)));
  assert.ok(world.clock.nowMs < 30_000, `after ${world.clock.nowMs} ms`);
  assertStatus(await run.finished, 'push b c d');
  assertHasVersionsOf(c, a);
});
