import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun } from './steps.js';

const encrypted = new Map([['encryption', 'aes-256-gcm']]);

/** Two hosts: zfs-vm runs on a, and pushes to b. */
function makeHosts(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  return { world, a: world.addMachine('a'), b: world.addMachine('b') };
}

function names({ pools }: Machine, dataset: string): string[] {
  return pools.open(dataset).snapshots.map(({ name }) => name);
}

test('what is not encrypted arrives below an encrypted place, encrypted', async () => {
  const { world, a, b } = makeHosts();
  b.pools.create('tank/enc', { properties: encrypted });
  a.pools.create('tank/ct');
  addVersion(a, 'tank/ct', 'web:1');
  addVersion(a, 'tank/ct', 'web:2');
  await expectRun(world, 'a', 'push -d tank/enc b');
  assert.deepEqual(names(b, 'tank/enc/ct'), ['zfs-vm:web:1', 'zfs-vm:web:2']);
  assert.equal(b.pools.open('tank/enc/ct').encryption, 'aes-256-gcm');
  addVersion(a, 'tank/ct', 'web:3');
  await expectRun(world, 'a', 'push -d tank/enc b');
  assert.deepEqual(names(b, 'tank/enc/ct').at(-1), 'zfs-vm:web:3');
});

test('one send for two receivers, and each gets what it can take: one place is encrypted, the other is not', async () => {
  const { world, a, b } = makeHosts();
  const c = world.addMachine('c');
  world.configFiles.set('config.toml', '[remotes.b]\nhost = "b"\ndest = "tank/enc"\n');
  b.pools.create('tank/enc', { properties: encrypted });
  a.pools.create('tank/ct');
  addVersion(a, 'tank/ct', 'web:1');
  await expectRun(world, 'a', 'push b c');
  assert.equal(b.pools.open('tank/enc/ct').encryption, 'aes-256-gcm');
  assert.equal(c.pools.open('tank/ct').encryption, undefined);
});

for (const lacks of [
  ['zstd_compress'],
  ['embedded_data'],
  ['large_blocks'],
  ['zstd_compress', 'lz4_compress', 'embedded_data', 'large_blocks', 'extensible_dataset'],
] as const) {
  test(`a pool without ${lacks.join(', ')} gets every version in one run, without a retry`, async () => {
    const { world, a, b } = makeHosts();
    b.pools.createPool('old', undefined, lacks);
    const properties = new Map([
      ['compression', 'zstd'],
      ['recordsize', '1M'],
    ]);
    for (const name of ['tank/ct', 'tank/other']) {
      a.pools.create(name, { properties });
      addVersion(a, name, `${name.slice(5)}:1`);
      addVersion(a, name, `${name.slice(5)}:2`);
    }
    const { stderr } = await expectRun(world, 'a', 'push --retries 0 -d old/vm b');
    assert.deepEqual(names(b, 'old/vm/ct'), ['zfs-vm:ct:1', 'zfs-vm:ct:2']);
    assert.deepEqual(names(b, 'old/vm/other'), ['zfs-vm:other:1', 'zfs-vm:other:2']);
    assert.doesNotMatch(stderr, /failed/);
  });
}

test('of two receivers that share a send, the one whose pool refuses it gets another', async () => {
  const { world, a, b } = makeHosts();
  const c = world.addMachine('c');
  for (const [machine, lacks] of [
    [b, ['zstd_compress']],
    [c, []],
  ] as const) {
    machine.pools.createPool('old', undefined, lacks);
  }
  a.pools.create('tank/ct', { properties: new Map([['compression', 'zstd']]) });
  addVersion(a, 'tank/ct', 'ct:1');
  addVersion(a, 'tank/ct', 'ct:2');
  await expectRun(world, 'a', 'push --retries 0 -d old b c');
  for (const machine of [b, c]) assert.deepEqual(names(machine, 'old/ct'), ['zfs-vm:ct:1', 'zfs-vm:ct:2']);
});

test('a tree arrives below a locked place as it is on the sender, its parents without encryption', async () => {
  const { world, a, b } = makeHosts();
  b.pools.create('tank/vault', { properties: encrypted });
  b.pools.open('tank/vault').isKeyLoaded = false;
  a.pools.create('tank/sec', { properties: encrypted });
  a.pools.create('tank/sec/plain', { properties: new Map([['encryption', 'off']]) });
  a.pools.snapshot(['tank/sec@zfs-vm:sec:1'], { recursive: true });
  await expectRun(world, 'a', 'push -d tank/vault/hosts/alpha b');
  const at = (name: string): string | undefined => b.pools.open(`tank/vault/hosts${name}`).encryption;
  assert.deepEqual([at(''), at('/alpha/sec'), at('/alpha/sec/plain')], [undefined, 'aes-256-gcm', undefined]);
  a.pools.create('tank/ct');
  addVersion(a, 'tank/ct', 'web:1');
  const { stderr } = await expectRun(world, 'a', 'push -n web -d tank/vault/hosts/alpha b', 3);
  assert.match(stderr, /would be stored unencrypted .*-o encryption=off/s);
  assert.equal(b.pools.datasets.has('tank/vault/hosts/alpha/ct'), false);
});

test('what would be encrypted with a key that is not loaded is a conflict, and goes when it is', async () => {
  const { world, a, b } = makeHosts();
  b.pools.create('tank/enc', { properties: encrypted });
  a.pools.create('tank/ct');
  addVersion(a, 'tank/ct', 'web:1');
  b.pools.open('tank/enc').isKeyLoaded = false;
  const whenNew = await expectRun(world, 'a', 'push -d tank/enc b', 3);
  assert.match(whenNew.stderr, /would be encrypted .*zfs load-key tank\/enc.*-o encryption=off/s);
  b.pools.open('tank/enc').isKeyLoaded = true;
  await expectRun(world, 'a', 'push -d tank/enc b');
  // A copy that is there stays where it is, and encrypted.
  for (const name of ['tank/enc', 'tank/enc/ct']) b.pools.open(name).isKeyLoaded = false;
  addVersion(a, 'tank/ct', 'web:2');
  const later = await expectRun(world, 'a', 'push -d tank/enc b', 3);
  assert.match(later.stderr, /is encrypted .*zfs load-key tank\/enc/s);
  assert.doesNotMatch(later.stderr, /encryption=off|-d/);
});

test('a copy whose key is inherited from elsewhere gets nothing, until it has one of its own again', async () => {
  const { world, a, b } = makeHosts();
  b.pools.create('tank/enc', { properties: encrypted });
  a.pools.create('tank/sec', { properties: encrypted });
  addVersion(a, 'tank/sec', 'sec:1');
  await expectRun(world, 'a', 'push -d tank/enc b');
  const copy = b.pools.open('tank/enc/sec');
  copy.isKeyLoaded = true;
  b.pools.changeKey('tank/enc/sec', { inherits: true });
  addVersion(a, 'tank/sec', 'sec:2');
  for (const command of ['plan push', 'push --retries 0']) {
    const { stdout, stderr } = await expectRun(world, 'a', `${command} -d tank/enc b`, 3);
    assert.match(
      stdout + stderr,
      /zfs change-key -o keyformat=passphrase -o keylocation=prompt tank\/enc\/sec/,
    );
  }
  assert.deepEqual(names(b, 'tank/enc/sec'), ['zfs-vm:sec:1']);
  b.pools.changeKey('tank/enc/sec', { inherits: false });
  await expectRun(world, 'a', 'push -d tank/enc b');
  assert.deepEqual([names(b, 'tank/enc/sec').length, copy.canBeOpened], [2, true]);
});

test('children of a copy that inherit its key go on', async () => {
  const { world, a, b } = makeHosts();
  a.pools.create('tank/sec', { properties: encrypted });
  a.pools.create('tank/sec/two');
  a.pools.snapshot(['tank/sec@zfs-vm:sec:1'], { recursive: true });
  await expectRun(world, 'a', 'push b');
  for (const name of ['tank/sec', 'tank/sec/two']) b.pools.open(name).isKeyLoaded = true;
  b.pools.changeKey('tank/sec/two', { inherits: true });
  a.pools.snapshot(['tank/sec@zfs-vm:sec:2'], { recursive: true });
  await expectRun(world, 'a', 'push b');
  assert.deepEqual([names(b, 'tank/sec/two').length, b.pools.open('tank/sec/two').canBeOpened], [2, true]);
});

test('so they do where the encryption root of the sender has no version', async () => {
  const { world, a, b } = makeHosts();
  a.pools.create('tank/sec', { properties: encrypted });
  a.pools.create('tank/sec/two');
  a.pools.snapshot(['tank/sec@by-hand'], { recursive: true });
  await expectRun(world, 'a', 'push --all-snapshots b');
  for (const name of ['tank/sec', 'tank/sec/two']) b.pools.open(name).isKeyLoaded = true;
  b.pools.changeKey('tank/sec/two', { inherits: true });
  addVersion(a, 'tank/sec/two', 'two:1');
  await expectRun(world, 'a', 'push -n two b');
  assert.equal(b.pools.open('tank/sec/two').canBeOpened, true);
});

test('a copy that was sent decrypted and encrypted anew is a conflict for plan and push alike', async () => {
  const { world, a, b } = makeHosts();
  a.pools.create('tank/sec', { properties: encrypted });
  addVersion(a, 'tank/sec', 'sec:1');
  const [version] = a.pools.open('tank/sec').snapshots;
  assert.ok(version);
  // As "zfs send | zfs receive -o encryption=..." leaves it.
  const copy = b.pools.create('tank/sec', { properties: encrypted });
  b.pools.addSnapshot(copy, version.name, version.guid, b.pools.nextTxg('tank/sec'));
  addVersion(a, 'tank/sec', 'sec:2');
  for (const command of ['plan push', 'push --retries 0']) {
    const { stdout, stderr } = await expectRun(world, 'a', `${command} b`, 3);
    assert.match(stdout + stderr, /decrypted and encrypted again/);
  }
});

test('a bookmark for redacted streams is no base where a plain one is there', async () => {
  const { world, a, b } = makeHosts();
  a.pools.create('tank/ct');
  addVersion(a, 'tank/ct', 'web:1');
  await expectRun(world, 'a', 'push b');
  a.pools.bookmark('tank/ct@zfs-vm:web:1', 'tank/ct#a-plain');
  a.pools.bookmark('tank/ct@zfs-vm:web:1', 'tank/ct#redacted', [1n]);
  for (const { name } of a.pools.open('tank/ct').bookmarks.filter(({ name }) => name.startsWith('zfs-vm'))) {
    a.pools.destroyBookmark(`tank/ct#${name}`);
  }
  addVersion(a, 'tank/ct', 'web:2');
  a.pools.destroySnapshots('tank/ct', ['zfs-vm:web:1']);
  const { stdout } = await expectRun(world, 'a', 'plan push --commands b');
  assert.match(stdout, /-i 'tank\/ct#a-plain'/);
  await expectRun(world, 'a', 'push b');
  assert.equal(names(b, 'tank/ct').length, 2);
});

test('a property with a line end in a dataset that is not chosen stops nothing, and what is chosen keeps its own', async () => {
  const { world, a, b } = makeHosts();
  a.pools.create('tank/ct', { properties: new Map([['user:note', 'for the web']]) });
  addVersion(a, 'tank/ct', 'web:1');
  a.pools.create('tank/odd', { properties: new Map([['user:note', 'one\ntwo']]) });
  await expectRun(world, 'a', 'push --props user:note b');
  assert.equal(b.pools.open('tank/ct').properties.get('user:note')?.value, 'for the web');
});

test('in a dataset that is chosen, such a property is an error', async () => {
  const { world, a, b } = makeHosts();
  a.pools.create('tank/odd', { properties: new Map([['user:note', 'one\ntwo']]) });
  addVersion(a, 'tank/odd', 'odd:1');
  const { stderr } = await expectRun(world, 'a', 'push --props user:note b', 1);
  assert.match(stderr, /unexpected output/);
  assert.equal(b.pools.datasets.has('tank/odd'), false);
});

test('a word that can be no host keeps a push from all hosts', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.snapshot(['tank/vm@zfs-vm:web:1']);
  for (const words of ['push b 2001', 'push b we(b', 'sync 2001 b']) {
    const { status, stderr } = await world.run('a', words);
    assert.equal(status, 2, stderr);
    assert.deepEqual([...b.pools.datasets.keys()], ['tank']);
  }
});
