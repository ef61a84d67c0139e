import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteProperty } from '../../src/zfs/snapshot.js';
import { captureState, withoutPools } from './capture.js';
import {
  findNamed,
  judgeHolds,
  judgeNotes,
  judgePrune,
  judgeReceiver,
  judgeSender,
  judgeWords,
  noteSnapshots,
  type KnownSnapshots,
} from './judge.js';
import { LostHolds } from './lost-holds.js';
import { Violation } from './violation.js';
import { judgeDelivery } from './judge-delivery.js';
import type { Wanted } from './random-command.js';
import type { Machine } from './machine.js';
import { ZfsRefusal } from './refusal.js';
import { runScenario } from './scenario.js';
import { SimWorld } from './sim-world.js';

/** How many seeds the test command runs; `npm run test:sim -- --seeds N` runs more. */
const seeds = 2000;

test(`in ${seeds} random worlds with random faults, nothing is lost and all is as it says`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { problem, story } = await runScenario(seed);
    if (problem === undefined) continue;
    assert.fail(
      `seed ${seed}: ${problem}\n  again: npm run test:sim -- --seed ${seed} -v\n${story.join('\n')}`,
    );
  }
});

test('the same seed tells the same story, to the letter', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const [first, second] = [await runScenario(seed), await runScenario(seed)];
    assert.deepEqual(normalize(first.story), normalize(second.story));
  }
});

/** Hold tags have a number of their own, so that no two runs share one. */
function normalize(story: readonly string[]): string[] {
  return story.map((line) => line.replace(/zfs-vm:[0-9]+-[0-9a-f]{8}/g, 'zfs-vm:TAG'));
}

/** Two hosts; a has versions of an image, of which b has the first ones. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld(5);
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const version of [1, 2]) addVersion(a, version);
  assert.equal((await world.run('a', 'push b')).status, 0);
  return { world, a, b };
}

function addVersion({ pools }: Machine, version: number): void {
  pools.write('tank/vm', [version, 7]);
  pools.snapshot([`tank/vm@zfs-vm:web:${version}`]);
}

/** Has something done to the receiver behind the judge's back, in the middle of a push, and gives what the judge says of it. */
async function judgeMischief(mischief: (b: Machine) => void): Promise<string> {
  const { world, a, b } = await makeWorld();
  addVersion(a, 3);
  const before = captureState(b);
  const known: KnownSnapshots = new Map();
  noteSnapshots(known, captureState(a));
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'receive') return;
    b.beforeZfs = undefined;
    mischief(b);
  };
  await world.run('a', 'push b');
  try {
    judgeReceiver(before, captureState(b), known, findNamed(''));
    return 'all is well';
  } catch (error) {
    assert.ok(error instanceof Violation, String(error));
    return error.message;
  }
}

test('the judge is content with a push that does no harm', async () => {
  assert.equal(await judgeMischief(() => undefined), 'all is well');
});

test('the judge sees a snapshot of the receiver that is lost', async () => {
  const said = await judgeMischief(({ pools }) => {
    pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  });
  assert.equal(said, 'b lost tank/vm@zfs-vm:web:1');
});

test('the judge sees a snapshot that keeps its name and becomes another', async () => {
  const said = await judgeMischief(({ pools }) => {
    pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
    pools.create('tank/other');
    const dataset = pools.open('tank/vm');
    pools.addSnapshot(dataset, 'zfs-vm:web:1', 12_345n, 5);
  });
  assert.equal(said, 'b lost tank/vm@zfs-vm:web:1');
});

test('the judge sees what a prune destroys and does not tell, and what it tells and does not destroy', async () => {
  const judge = (told: string, machine: Machine): void => {
    const before = captureState(machine);
    machine.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
    judgePrune(before, captureState(machine), { status: 0, stdout: told, stderr: '' });
  };
  const both = 'destroyed tank/vm@zfs-vm:web:1\ndestroyed tank/vm@zfs-vm:web:2\n';
  for (const told of ['', both]) {
    const { a } = await makeWorld();
    assert.throws(() => {
      judge(told, a);
    }, Violation);
  }
  const { a } = await makeWorld();
  judge('destroyed tank/vm@zfs-vm:web:1\n', a);
});

test('the judge sees a dataset of the receiver that is lost', async () => {
  const said = await judgeMischief(({ pools }) => {
    pools.destroy('tank/vm', { recursive: true });
  });
  assert.match(said, /^b lost tank\/vm$/);
});

test('the judge sees what was written on the receiver and is gone', async () => {
  const { world, a, b } = await makeWorld();
  b.pools.write('tank/vm', [1]);
  addVersion(a, 3);
  const before = captureState(b);
  const known: KnownSnapshots = new Map();
  noteSnapshots(known, captureState(a));
  const { stderr } = await world.run('a', 'push --rollback --yes b');
  assert.throws(() => {
    judgeReceiver(before, captureState(b), known, findNamed(''));
  }, Violation);
  judgeReceiver(before, captureState(b), known, findNamed(stderr));
});

test('the judge sees a snapshot on the receiver that nobody sent', async () => {
  const said = await judgeMischief(({ pools }) => {
    pools.create('tank/strange');
    pools.snapshot(['tank/strange@zfs-vm:strange:1']);
  });
  assert.equal(said, 'b has a new tank/strange@zfs-vm:strange:1, which a never had');
});

test('the judge sees a property of the receiver that was changed', async () => {
  const said = await judgeMischief(({ pools }) => {
    pools.open('tank/vm').properties.set('readonly', { value: 'on', source: 'local' });
  });
  assert.match(said, /another properties/);
});

test('the judge sees a version without its note, and a note that is none', async () => {
  const { world, a, b } = await makeWorld();
  const before = captureState(b);
  addVersion(a, 3);
  a.pools.set('tank/vm@zfs-vm:web:3', new Map([[noteProperty, 'three']]));
  const known: KnownSnapshots = new Map();
  noteSnapshots(known, captureState(a));
  await world.run('a', 'push b');
  judgeNotes(before, captureState(b), known);
  b.pools.set('tank/vm@zfs-vm:web:3', new Map([[noteProperty, 'four']]));
  assert.throws(() => {
    judgeNotes(before, captureState(b), known);
  }, Violation);
  assert.throws(() => {
    judgeReceiver(before, captureState(b), known, findNamed(''));
  }, Violation);
});

test('the judge sees a sender that was changed', async () => {
  const { a } = await makeWorld();
  const before = captureState(a);
  const judge = (): void => {
    judgeSender(before, captureState(a), false);
  };
  judge();
  a.pools.write('tank/vm', [3]);
  assert.throws(judge, Violation);
  a.pools.rollback('tank/vm@zfs-vm:web:2');
  judge();
  a.pools.bookmark('tank/vm@zfs-vm:web:1', 'tank/vm#zfs-vm:web:1');
  assert.throws(judge, /in spite of --no-bookmark/);
});

test('the judge passes over a hold whose snapshot was renamed or promoted away meanwhile, and over no other', async () => {
  const { a } = await makeWorld();
  const lost = new LostHolds();
  a.pools.hold('zfs-vm:17-0123abcd', 'tank/vm@zfs-vm:web:1');
  const noteRenamed = lost.begin(a);
  a.pools.rename('tank/vm', 'tank/renamed');
  noteRenamed();
  // Later, the snapshot is another dataset's.
  a.pools.clone('tank/renamed@zfs-vm:web:1', 'tank/new');
  a.pools.promote('tank/new');
  judgeHolds(captureState(a), lost);
  a.pools.hold('zfs-vm:18-0123abcd', 'tank/new@zfs-vm:web:1');
  assert.throws(() => {
    judgeHolds(captureState(a), lost);
  }, /tank\/new@zfs-vm:web:1 is still held by zfs-vm:18/);
});

test('the judge sees a hold that is left', async () => {
  const { a } = await makeWorld();
  judgeHolds(captureState(a), new LostHolds());
  a.pools.hold('zfs-vm:17-0123abcd', 'tank/vm@zfs-vm:web:1');
  assert.throws(() => {
    judgeHolds(captureState(a), new LostHolds());
  }, Violation);
});

test('the judge sees that "done" is not true', async () => {
  const { a, b } = await makeWorld();
  const before = captureState(b);
  addVersion(a, 3);
  const wanted = { patterns: [], latest: false, allSnapshots: false };
  const result = { status: 0, stdout: 'nothing to do: b is up to date\n', stderr: '' };
  assert.throws(() => {
    judgeDelivery(wanted, captureState(a), before, captureState(b), result);
  }, /b has no tank\/vm@zfs-vm:web:3/);
});

test('what is in a pool that was away while a run looked is asked of no run, and all else is', async () => {
  const world = new SimWorld(1);
  const [a, b] = [world.addMachine('a', { pools: ['tank', 'fast'] }), world.addMachine('b')];
  for (const name of ['tank/vm', 'fast/db']) {
    a.pools.create(name);
    a.pools.snapshot([`${name}@zfs-vm:${name.slice(5)}:1`]);
  }
  const before = captureState(b);
  const back = a.pools.exportPool('fast');
  const result = await world.run('a', 'push -d tank b');
  back();
  assert.equal(result.status, 0);
  const wanted: Wanted = { patterns: [], latest: false, allSnapshots: false };
  const judgeWithout =
    (...pools: readonly string[]) =>
    (): void => {
      judgeDelivery(wanted, withoutPools(captureState(a), new Set(pools)), before, captureState(b), result);
    };
  assert.throws(judgeWithout(), /b has no fast\/db@zfs-vm:db:1/);
  assert.doesNotThrow(judgeWithout('fast'));
  b.pools.destroySnapshots('tank/vm', ['zfs-vm:vm:1']);
  assert.throws(judgeWithout('fast'), /b has no tank\/vm@zfs-vm:vm:1/);
});

test('the judge sees words that do not fit the status, and that are none', () => {
  const words = [
    { status: 1, stdout: '', stderr: '' },
    { status: 0, stdout: 'done: undefined versions', stderr: '' },
    { status: 1, stdout: 'done: 3 versions, 1 KiB', stderr: 'something failed' },
    { status: 1, stdout: '', stderr: 'Error: x\n    at main (main.js:1:1)\n' },
    { status: 3, stdout: 'nothing sent', stderr: 'zfs-vm: it is so\n' },
    { status: 17, stdout: '', stderr: 'zfs-vm: it is so\n' },
  ];
  for (const result of words) {
    assert.throws(() => {
      judgeWords(result, false);
    }, Violation);
  }
});

test('a version that was made again under its old name is told, and not sent in vain', async () => {
  const { world, a } = await makeWorld();
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:2']);
  addVersion(a, 2);
  const { status, stderr } = await world.run('a', 'push b');
  assert.equal(status, 3, stderr);
  assert.match(stderr, /web:2 differs: b:/);
});

/** It holds also what a single short stream begins from. */
const pushHolding = 'push --no-bookmark b';

test('holds whose release was denied are released by the next run', async () => {
  const { world, a } = await makeWorld();
  addVersion(a, 3);
  a.beforeZfs = ([subcommand]) => {
    if (subcommand === 'release') a.isZfsDenied = true;
  };
  await world.run('a', pushHolding);
  assert.equal(world.journal('a').records.length, 1);
  a.isZfsDenied = false;
  a.beforeZfs = undefined;
  assert.equal((await world.run('a', pushHolding)).status, 0);
  assert.deepEqual(world.journal('a').records, []);
  judgeHolds(captureState(a), new LostHolds());
});

test('holds are released by the next run when zfs was killed while it released them', async () => {
  const { world, a } = await makeWorld();
  addVersion(a, 3);
  a.beforeZfs = ([subcommand], call) => {
    if (subcommand === 'release') call.process.kill('KILL');
  };
  assert.equal((await world.run('a', pushHolding)).status, 0);
  assert.equal(world.journal('a').records.length, 1);
  a.beforeZfs = undefined;
  assert.equal((await world.run('a', pushHolding)).status, 0);
  assert.deepEqual(world.journal('a').records, []);
  judgeHolds(captureState(a), new LostHolds());
});

test('a receiver whose last words are cut off is told as such, and not as a fault of the sender', async () => {
  const { world, a, b } = await makeWorld();
  addVersion(a, 3);
  b.loseOutputAfter = (argv) => (argv.join(' ').includes('zfs-vm: leg') ? 20 : undefined);
  const { status, stderr } = await world.run('a', 'push b');
  assert.equal(status, 1);
  assert.match(stderr, /b: zfs receive succeeded, but its output was cut off/);
  b.loseOutputAfter = undefined;
  assert.match((await world.run('a', 'push b')).stdout, /nothing to do: b is up to date/);
});

test('where holding is denied, no record of it stays', async () => {
  const { world, a } = await makeWorld();
  addVersion(a, 3);
  a.beforeZfs = ([subcommand]) => {
    if (subcommand === 'hold' || subcommand === 'release') throw new ZfsRefusal('permission denied');
  };
  assert.equal((await world.run('a', pushHolding)).status, 0);
  assert.deepEqual(world.journal('a').records, []);
});

test('with --replace, a clone never takes the place of the copy that its origin has on the receiver', async () => {
  const { world, a, b } = await makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/fork');
  a.pools.snapshot(['tank/fork@zfs-vm:web:4']);
  b.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  b.pools.snapshot(['tank/vm@zfs-vm:web:3']);
  addVersion(a, 3);
  const guids = b.pools.open('tank/vm').snapshots.map(({ guid }) => guid);
  const { status, stderr } = await world.run('a', 'push --replace --yes b');
  assert.equal(status, 3, stderr);
  assert.deepEqual(
    b.pools.open('tank/vm').snapshots.map(({ guid }) => guid),
    guids,
  );
});
