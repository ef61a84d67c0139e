import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteProperty } from '../../src/zfs/snapshot.js';
import type { Machine } from './machine.js';
import { assertHasVersionsOf } from './oracle.js';
import { ZfsRefusal } from './refusal.js';
import { SimWorld } from './sim-world.js';
import { expectRun } from './steps.js';

/** Two hosts, of which a has an image in its first version. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  return { world, a, b };
}

function addVersion({ pools }: Machine, dataset: string, tag: string, note?: string): void {
  pools.write(dataset, [1, pools.random.below(20)]);
  const properties = new Map(note === undefined ? [] : [[noteProperty, note]]);
  pools.snapshot([`${dataset}@zfs-vm:${tag}`], { properties });
}

/** The notes that versions have themselves, by full name. */
function notesOf({ pools }: Machine): Record<string, string> {
  const snapshots = [...pools.datasets.values()].flatMap((dataset) => dataset.snapshots);
  return Object.fromEntries(
    snapshots.flatMap(({ fullName, properties }) => {
      const note = properties.get(noteProperty)?.value;
      return note === undefined ? [] : [[fullName, note]];
    }),
  );
}

/** Counts the calls of zfs on a host, by subcommand. */
function countCalls(machine: Machine): Map<string, number> {
  const counts = new Map<string, number>();
  machine.beforeZfs = ([subcommand = '']) => {
    counts.set(subcommand, (counts.get(subcommand) ?? 0) + 1);
  };
  return counts;
}

/*
 * tag -m, and list.
 */

test('a note is kept with the version, and listed', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'a', 'tag -m upgraded tank/vm');
  assert.deepEqual(notesOf(a), { 'tank/vm@zfs-vm:web:2': 'upgraded' });
  const { stdout } = await expectRun(world, 'b', 'list a');
  assert.match(stdout, /DATASET {2,}NOTE$/m);
  assert.match(stdout, / 2 .* upgraded$/m);
  const { streamlines } = JSON.parse((await expectRun(world, 'b', 'list --json a')).stdout) as {
    streamlines: { versions: { note: string | null }[] }[];
  };
  assert.deepEqual(
    streamlines[0]?.versions.map(({ note }) => note),
    [null, 'upgraded'],
  );
});

test('where no version has a note, the list has no column for them', async () => {
  const { world } = makeWorld();
  assert.doesNotMatch((await expectRun(world, 'a', 'list')).stdout, /NOTE/);
});

test('a note of a tree is on each of its members', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/vm/log');
  await expectRun(world, 'a', 'tag -r -m all tank/vm');
  assert.deepEqual(notesOf(a), { 'tank/vm@zfs-vm:web:2': 'all', 'tank/vm/log@zfs-vm:web:2': 'all' });
});

test('a note that zfs could not show as a line of a list is refused before anything is done', async () => {
  const { world, a } = makeWorld();
  for (const [note, reason] of [
    ['two\nlines', /several lines/],
    ['a\tb', /control characters/],
    ['-', /means "no note"/],
    ['x'.repeat(8192), /8192 bytes/],
  ] as const) {
    assert.match((await expectRun(world, 'a', `tag -m ${note} tank/vm`, 2)).stderr, reason);
  }
  assert.equal(a.pools.open('tank/vm').snapshots.length, 1);
});

test('somebody else wrote a note of several lines: versions are listed, notes are not, and that is said', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', 'x\tx\nzfs-vm: end\n\ntank/vm@zfs-vm:web:99\t1\t1\t1\t1\tx\tx');
  const { stdout, stderr } = await expectRun(world, 'a', 'list');
  assert.match(stderr, /a note on this machine contains a tab or newline/);
  assert.match(stdout, /^ +2 /m);
  assert.doesNotMatch(stdout, /99|NOTE/);
});

test('escape sequences in a note stay what they are in JSON, and do nothing on a terminal', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', '\u001B[2J\u202Ered');
  assert.match((await expectRun(world, 'a', 'list')).stdout, /\\u\{1b\}\[2J\\u\{202e\}red$/m);
  const { stdout } = await expectRun(world, 'a', 'list --json');
  assert.match(stdout, /"note": "\\u001b\[2J\\u202ered"/);
});

/*
 * Carried by push and pull.
 */

const odd = `it's "$HOME" \\n \`id\` \u0101\u00E9\u{1F601}  end `;

test('push and pull bring the notes of what they send, and of nothing else', async () => {
  const { world, a, b } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', odd);
  addVersion(a, 'tank/vm', 'web:3');
  addVersion(a, 'tank/vm', 'web:4', '-x=y');
  const expected = { 'tank/vm@zfs-vm:web:2': odd, 'tank/vm@zfs-vm:web:4': '-x=y' };
  const { stdout } = await expectRun(world, 'a', '-v push b');
  assert.match(stdout, /^set 2 notes on b$/m);
  assert.deepEqual(notesOf(b), expected);
  const c = world.addMachine('c');
  await expectRun(world, 'c', 'pull b');
  assert.deepEqual(notesOf(c), expected);
  // What is there is the receiver's: it isn't sent, and isn't touched.
  b.pools.set('tank/vm@zfs-vm:web:4', new Map([[noteProperty, 'mine']]));
  addVersion(a, 'tank/vm', 'web:5', 'five');
  await expectRun(world, 'a', 'push b');
  assert.deepEqual(notesOf(b), {
    ...expected,
    'tank/vm@zfs-vm:web:4': 'mine',
    'tank/vm@zfs-vm:web:5': 'five',
  });
});

test('a copy within one machine has the notes, too', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', 'two');
  await expectRun(world, 'a', 'push -d tank/copy local');
  assert.equal(notesOf(a)['tank/copy/vm@zfs-vm:web:2'], 'two');
});

test('what a dataset itself was given is no note of its versions', async () => {
  const { world, a, b } = makeWorld();
  a.pools.set('tank/vm', new Map([[noteProperty, 'of the dataset']]));
  await expectRun(world, 'a', 'push b');
  assert.deepEqual(notesOf(b), {});
});

test('notes cost one command on the sender, one zfs for each note on the receiver, and nothing where there is nothing to send', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/vm/log');
  await expectRun(world, 'a', 'tag -r -m all tank/vm');
  const [sending, receiving] = [countCalls(a), countCalls(b)];
  await expectRun(world, 'a', 'push b');
  assert.equal(Object.keys(notesOf(b)).length, 2);
  assert.equal(sending.get('get'), 1);
  assert.equal(receiving.get('set'), 1);
  assert.equal(receiving.get('get'), undefined);
  sending.clear();
  await expectRun(world, 'a', 'push b');
  assert.equal(sending.get('get'), undefined);
  assert.equal(receiving.get('set'), 1);
});

test('a version without a note costs the receiver no command', async () => {
  const { world, b } = makeWorld();
  const receiving = countCalls(b);
  await expectRun(world, 'a', 'push b');
  assert.equal(receiving.get('set'), undefined);
});

test('where the right to set it is lacking, versions arrive without notes, which is told once', async () => {
  const { world, a, b } = makeWorld();
  world.addUser('zed', { permissions: ['create', 'mount', 'receive', 'canmount'] });
  addVersion(a, 'tank/vm', 'web:2', 'two');
  addVersion(a, 'tank/vm', 'web:3', 'three');
  const { stderr } = await expectRun(world, 'a', 'push zed@b');
  assert.equal(
    stderr,
    'warning: notes of versions were not copied: zed@b: permission denied by zfs for this user\n',
  );
  assertHasVersionsOf(b, a);
});

test('a note that can not be told from other lines stays behind with those that were asked for with it, which is told', async () => {
  const { world, a, b } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', 'a\nb');
  const { stderr } = await expectRun(world, 'a', 'push b');
  assert.match(stderr, /^warning: notes of versions were not copied: .*unexpected output/);
  assertHasVersionsOf(b, a);
  assert.deepEqual(notesOf(b), {});
});

test('what had come when the connection broke gets its note in the same run, after it', async () => {
  const { world, a, b } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', 'two');
  a.pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/vm@zfs-vm:web:3'], { properties: new Map([[noteProperty, 'three']]) });
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 150) b.disconnectAll('cable');
    return 1;
  };
  const { stderr } = await expectRun(world, 'a', 'push b');
  assert.match(stderr, /re(?:connect|try)ing in 1 s/);
  assert.deepEqual(notesOf(b), { 'tank/vm@zfs-vm:web:2': 'two', 'tank/vm@zfs-vm:web:3': 'three' });
});

test('in a long run, notes are set while it goes on', async () => {
  const { world, a, b } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2', 'two');
  addVersion(a, 'tank/vm', 'web:3', 'three');
  a.pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  a.pools.snapshot(['tank/vm@zfs-vm:web:4']);
  let received = 0;
  b.delayMs = (work) => {
    if (work !== 'receive') return 1;
    if (++received === 150) run.kill();
    return 2000;
  };
  const run = world.start('a', 'push b');
  while (received < 150) await world.clock.sleep(100);
  assert.deepEqual(notesOf(b), { 'tank/vm@zfs-vm:web:2': 'two', 'tank/vm@zfs-vm:web:3': 'three' });
});

/*
 * tag --if-changed.
 */

/** Tags if something has changed; gives what was made. */
async function tagIfChanged(world: SimWorld, words: string, since?: string): Promise<string> {
  const { stdout, stderr } = await expectRun(world, 'a', `tag --if-changed ${words}`);
  if (since === undefined) assert.equal(stderr, '');
  else assert.equal(stderr, `${since}\n`);
  return stdout;
}

test('nothing new, no version: that is said, and stdout is empty', async () => {
  const { world, a } = makeWorld();
  const unchanged = 'no changes since web:1 in tank/vm; no version created';
  assert.equal(await tagIfChanged(world, 'tank/vm', unchanged), '');
  a.pools.write('tank/vm', [3]);
  assert.equal(await tagIfChanged(world, 'tank/vm'), 'tank/vm@zfs-vm:web:2\n');
  assert.equal(
    await tagIfChanged(world, 'tank/vm', 'no changes since web:2 in tank/vm; no version created'),
    '',
  );
});

test("somebody else's snapshot in between hides no change, and is none", async () => {
  const { world, a } = makeWorld();
  a.pools.snapshot(['tank/vm@daily-1']);
  assert.equal(
    await tagIfChanged(world, 'tank/vm', 'no changes since web:1 in tank/vm; no version created'),
    '',
  );
  a.pools.write('tank/vm', [3]);
  a.pools.snapshot(['tank/vm@daily-2']);
  assert.equal(await tagIfChanged(world, 'tank/vm'), 'tank/vm@zfs-vm:web:2\n');
});

test('of a volume, too', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/disk', { type: 'volume' });
  addVersion(a, 'tank/disk', 'disk:1');
  assert.equal(
    await tagIfChanged(world, 'tank/disk', 'no changes since disk:1 in tank/disk; no version created'),
    '',
  );
  a.pools.write('tank/disk', [3]);
  assert.equal(await tagIfChanged(world, 'tank/disk'), 'tank/disk@zfs-vm:disk:2\n');
});

test('a clone is compared with what it was made from, and the versions of other datasets do not matter', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/disk', { type: 'volume' });
  addVersion(a, 'tank/disk', 'disk:1');
  a.pools.clone('tank/disk@zfs-vm:disk:1', 'tank/copy');
  a.pools.write('tank/disk', [3]);
  addVersion(a, 'tank/disk', 'disk:2');
  assert.equal(
    await tagIfChanged(world, 'tank/copy', 'no changes since disk:1 in tank/copy; no version created'),
    '',
  );
  a.pools.write('tank/copy', [4]);
  assert.equal(await tagIfChanged(world, 'tank/copy'), 'tank/copy@zfs-vm:disk:3\n');
});

test('a clone of what was written after a version has changed since', async () => {
  const { world, a } = makeWorld();
  a.pools.write('tank/vm', [3]);
  a.pools.snapshot(['tank/vm@mine']);
  a.pools.clone('tank/vm@mine', 'tank/copy');
  assert.equal(await tagIfChanged(world, 'tank/copy'), 'tank/copy@zfs-vm:web:2\n');
});

test('a streamline that begins has its first version made, though nothing is new', async () => {
  const { world } = makeWorld();
  assert.equal(await tagIfChanged(world, '-n other:1 --new tank/vm'), 'tank/vm@zfs-vm:other:1\n');
  assert.equal(
    await tagIfChanged(world, '-n web:9 tank/vm', 'no changes since web:1 in tank/vm; no version created'),
    '',
  );
});

test('who may make snapshots and set no properties can tag a tree, and gives no notes', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/vm/log');
  a.beforeZfs = ([subcommand], call) => {
    if (subcommand === 'snapshot' && call.words.includes('-o')) {
      throw new ZfsRefusal('cannot create snapshots : permission denied');
    }
  };
  assert.match((await expectRun(world, 'a', 'tag -m note tank/vm', 4)).stderr, /permission denied by zfs/);
  await expectRun(world, 'a', 'tag -r tank/vm');
  assert.equal(a.pools.open('tank/vm/log').snapshots.length, 1);
});

/** Adds a tree that was tagged as a whole. */
async function addTree(world: SimWorld, a: Machine): Promise<void> {
  for (const name of ['tank/t', 'tank/t/etc', 'tank/t/srv']) a.pools.create(name);
  await expectRun(world, 'a', 'tag -r -n t:1 tank/t');
}

const treeUnchanged = 'no changes since t:1 in tank/t or below; no version created';

test('a tree has changed when something was written to any member', async () => {
  const { world, a } = makeWorld();
  await addTree(world, a);
  assert.equal(await tagIfChanged(world, '-r tank/t', treeUnchanged), '');
  a.pools.write('tank/t/srv', [1]);
  assert.equal((await tagIfChanged(world, '-r tank/t')).split('\n').length, 4);
});

test('a tree has changed when a member is new', async () => {
  const { world, a } = makeWorld();
  await addTree(world, a);
  a.pools.create('tank/t/new');
  assert.match(await tagIfChanged(world, '-r tank/t'), /^tank\/t\/new@zfs-vm:t:2$/m);
  assert.equal(await tagIfChanged(world, '-r tank/t', treeUnchanged.replace('1', '2')), '');
});

test('a tree has changed when a member is gone', async () => {
  const { world, a } = makeWorld();
  await addTree(world, a);
  a.pools.destroy('tank/t/srv', { recursive: true });
  assert.equal(await tagIfChanged(world, '-r tank/t'), 'tank/t@zfs-vm:t:2\ntank/t/etc@zfs-vm:t:2\n');
  assert.equal(await tagIfChanged(world, '-r tank/t', treeUnchanged.replace('1', '2')), '');
});

test('a tree has changed when one of its members went on by itself', async () => {
  const { world, a } = makeWorld();
  await addTree(world, a);
  await expectRun(world, 'a', 'tag --no-recursive tank/t/srv');
  assert.match(await tagIfChanged(world, '-r tank/t'), /^tank\/t\/srv@zfs-vm:t:3$/m);
});
