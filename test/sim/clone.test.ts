import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf, describeState } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addLargeVersion, expectRun, runAndKill } from './steps.js';

/** A host with an image in two versions, and another host without anything. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const version of [1, 2]) addVersion(a, 'tank/vm', `web:${version}`);
  return { world, a, b };
}

function addVersion({ pools }: Machine, dataset: string, tag: string): void {
  pools.write(dataset, [1, pools.random.below(20)]);
  pools.snapshot([`${dataset}@zfs-vm:${tag}`]);
}

/** Expects that a run fails with these words, and changes nothing. */
async function expectRefusal(world: SimWorld, name: string, args: string, words: RegExp): Promise<void> {
  const state = describeState(world.machine(name));
  const { stderr } = await expectRun(world, name, args, 2);
  assert.match(stderr, words);
  assert.equal(describeState(world.machine(name)), state);
}

test('a clone of the newest version is mounted, and its next tag goes on with the streamline', async () => {
  const { world, a, b } = makeWorld();
  const { stdout } = await expectRun(world, 'a', 'clone web tank/work');
  assert.equal(stdout, 'cloned web:2 of tank/vm to tank/work, mounted at /tank/work\n');
  const clone = a.pools.open('tank/work');
  assert.equal(clone.origin?.fullName, 'tank/vm@zfs-vm:web:2');
  assert.ok(clone.isMounted);
  a.pools.write('tank/work', [5]);
  assert.match((await expectRun(world, 'a', 'tag tank/work')).stdout, /tank\/work@zfs-vm:web:3/);
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
  assert.equal(b.pools.open('tank/work').origin?.fullName, 'tank/vm@zfs-vm:web:2');
});

test('a volume stays a volume, without what only filesystems have', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/disk', { type: 'volume' });
  addVersion(a, 'tank/disk', 'disk:1');
  const options = '-o mountpoint=/srv/x -o compression=off';
  const { stdout } = await expectRun(world, 'a', `clone ${options} disk:1 tank/work`);
  assert.equal(stdout, 'cloned disk:1 of tank/disk to tank/work: /dev/zvol/tank/work\n');
  assert.equal(a.pools.open('tank/work').type, 'volume');
  assert.deepEqual([...a.pools.open('tank/work').properties.keys()], ['compression']);
});

test('a filesystem gets a mountpoint where it would inherit none, unless it is to have none', async () => {
  const { world, a } = makeWorld();
  for (const [name, mountpoint] of Object.entries({ a: 'none', b: 'legacy', c: '/srv' })) {
    a.pools.create(`tank/${name}`, { properties: new Map([['mountpoint', mountpoint]]) });
  }
  const end = (text: string): string => text.replace(/^.*, /, '').trim();
  const places = [];
  for (const args of ['web tank/a/w', 'web tank/b/w', 'web tank/c/w', '-o mountpoint=none web tank/a/x']) {
    places.push(end((await expectRun(world, 'a', `clone ${args}`)).stdout));
  }
  assert.deepEqual(places, [
    'mounted at /tank/a/w',
    'mounted at /tank/b/w',
    'mounted at /srv/w',
    'not mounted',
  ]);
});

test('the members of a tree become clones below the new dataset, each with what they have in common', async () => {
  const { world, a } = makeWorld();
  for (const name of ['tank/t', 'tank/t/b', 'tank/t/b/c']) a.pools.create(name);
  await expectRun(world, 'a', 'tag -r -n tree:1 tank/t');
  // What lies between is gone from the version.
  a.pools.destroySnapshots('tank/t/b', ['zfs-vm:tree:1']);
  await expectRun(world, 'a', 'clone -o mountpoint=/srv/t -o atime=off tree:1 tank/work');
  assert.equal(a.pools.open('tank/work').origin?.fullName, 'tank/t@zfs-vm:tree:1');
  assert.equal(a.pools.open('tank/work/b').origin, undefined);
  assert.equal(a.pools.open('tank/work/b').properties.get('canmount')?.value, 'off');
  const member = a.pools.open('tank/work/b/c');
  assert.equal(member.origin?.fullName, 'tank/t/b/c@zfs-vm:tree:1');
  assert.deepEqual([...member.properties.keys()], ['atime']);
});

test('of copies, the original is cloned, and in another pool the copy that is there', async () => {
  const { world, a } = makeWorld();
  a.pools.createPool('fast');
  a.pools.create('tank/backup');
  await expectRun(world, 'a', 'push -d tank/backup local');
  await expectRun(world, 'a', 'clone web:2 tank/work');
  assert.equal(a.pools.open('tank/work').origin?.fullName, 'tank/vm@zfs-vm:web:2');
  await expectRefusal(world, 'a', 'clone web:2 fast/work', /in the same pool/);
  await expectRun(world, 'a', 'push -n web:2 -d fast/backup local');
  await expectRun(world, 'a', 'clone web:2 fast/work');
  assert.equal(a.pools.open('fast/work').origin?.fullName, 'fast/backup/vm@zfs-vm:web:2');
});

test('different snapshots with the name of the version are told, and none is taken', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/other');
  addVersion(a, 'tank/other', 'web:2');
  await expectRefusal(world, 'a', 'clone web:2 tank/work', /tank\/other@zfs-vm:web:2/);
});

test('what is not there is told with what there is', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/vm', 'db:1');
  await expectRefusal(
    world,
    'a',
    'clone wed tank/work',
    /no streamline "wed"[^]*existing streamlines: web, db/,
  );
  await expectRefusal(world, 'a', 'clone web:7 tank/work', /no version 7 of web[^]*existing versions: 1, 2/);
  await expectRefusal(world, 'a', 'clone web:x tank/work', /is not a version/);
  await expectRefusal(world, 'a', 'clone web rpool/work', /no pool "rpool"[^]*tank/);
});

test('a dataset that is there is left alone, and told if it is a clone of a version', async () => {
  const { world } = makeWorld();
  await expectRefusal(world, 'a', 'clone web tank/vm', /tank\/vm already exists; nothing was changed/);
  await expectRun(world, 'a', 'clone web:1 tank/work');
  await expectRefusal(world, 'a', 'clone web:1 tank/work', /already exists \(a clone of web:1\)/);
});

test('missing filesystems above are made with -p only', async () => {
  const { world, a } = makeWorld();
  await expectRefusal(
    world,
    'a',
    'clone web tank/x/y/work',
    /parent dataset tank\/x does not exist[^]*add -p/,
  );
  await expectRun(world, 'a', 'clone -p web tank/x/y/work');
  assert.equal(a.pools.open('tank/x/y').properties.get('canmount')?.value, 'off');
  assert.ok(a.pools.open('tank/x/y/work').isMounted);
});

test('without its key, what is encrypted is not cloned', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/secret', { properties: new Map([['encryption', 'aes-256-gcm']]) });
  addVersion(a, 'tank/secret', 'secret:1');
  await expectRun(world, 'a', 'push -n secret b');
  const state = describeState(b);
  const { stderr } = await expectRun(world, 'b', 'clone secret tank/work', 1);
  assert.match(stderr, /try: run "zfs load-key tank\/secret", then run the same command again/);
  assert.equal(describeState(b), state);
  b.pools.open('tank/secret').isKeyLoaded = true;
  await expectRun(world, 'b', 'clone secret tank/work');
});

test('a clone that is made and can not be mounted is told as such', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/secret', { properties: new Map([['encryption', 'aes-256-gcm']]) });
  addVersion(a, 'tank/secret', 'secret:1');
  a.beforeZfs = ([subcommand]) => {
    if (subcommand === 'clone') a.pools.open('tank/secret').isKeyLoaded = false;
  };
  const { stdout, stderr } = await expectRun(world, 'a', 'clone secret tank/work', 1);
  assert.match(stdout, /to tank\/work, not mounted/);
  assert.match(stderr, /tank\/work was created, but could not be mounted[^]*key not loaded/);
});

test('a tree of which a part can not be cloned is told with what is there and what not', async () => {
  const { world, a } = makeWorld();
  for (const name of ['tank/t', 'tank/t/b', 'tank/t/c']) a.pools.create(name);
  await expectRun(world, 'a', 'tag -r -n tree:1 tank/t');
  a.beforeZfs = ([subcommand, from]) => {
    if (subcommand !== 'clone' || from !== 'tank/t/b@zfs-vm:tree:1') return;
    a.pools.destroySnapshots('tank/t/b', ['zfs-vm:tree:1']);
  };
  const { stdout, stderr } = await expectRun(world, 'a', 'clone tree tank/work', 1);
  assert.match(stdout, /^cloned tree:1 of tank\/t to tank\/work,/);
  assert.match(stderr, /dataset does not exist[^]*not created: tank\/work\/b, tank\/work\/c/);
});

test('a version of another host is pulled first, with nothing newer than it', async () => {
  const { world, b } = makeWorld();
  await expectRun(world, 'b', 'clone --from a -d tank/images web:1 tank/work');
  assert.equal(b.pools.open('tank/work').origin?.fullName, 'tank/images/vm@zfs-vm:web:1');
  assert.equal(b.pools.open('tank/images/vm').snapshots.length, 1);
  await expectRun(world, 'b', 'clone --from a web tank/work2');
  assert.equal(b.pools.open('tank/work2').origin?.fullName, 'tank/images/vm@zfs-vm:web:2');
});

test('the pull of a clone reads the same configuration, and does without sudo if it is told to', async () => {
  const { world, b } = makeWorld();
  world.addUser('fjoe', { sudo: 'anything' });
  world.configFiles.set('/etc/hosts.toml', '[remotes.images]\nhost = "fjoe@a"\nsudo = true\n');
  const args = 'clone --config /etc/hosts.toml --from images web tank/work';
  const { stderr } = await expectRun(world, 'b', `${args} --no-sudo`, 4);
  assert.match(stderr, /images: permission denied by zfs[^]*tank\/work not created/);
  await expectRun(world, 'b', args);
  assert.ok(b.pools.datasets.has('tank/work'));
});

test('nothing is pulled for a clone that can not be, or of a version that is not there', async () => {
  const { world, b } = makeWorld();
  b.pools.create('tank/taken');
  await expectRefusal(world, 'b', 'clone --from a web tank/taken', /already exists/);
  await expectRefusal(world, 'b', 'clone --from a web tank/no/such', /add -p/);
  await expectRefusal(world, 'b', 'clone --from a web:9 tank/work', /no version 9 of web on a/);
  await expectRefusal(world, 'b', 'clone --from a wed tank/work', /no streamline "wed"/);
  await expectRefusal(world, 'b', 'clone --from a -d fast/x web tank/work', /another pool/);
  await expectRefusal(world, 'b', 'clone --compress web tank/work', /--compress applies only/);
  const told = /-d, --retries apply only with --from\n {2}try: .*--from fjoe@remote-host/;
  await expectRefusal(world, 'b', 'clone -d tank/x --retries 3 web tank/work', told);
});

test('after a conflict, nothing is cloned', async () => {
  const { world, b } = makeWorld();
  b.pools.create('tank/vm');
  addVersion(b, 'tank/vm', 'other:1');
  const { stderr } = await expectRun(world, 'b', 'clone --from a web:1 tank/work', 3);
  assert.match(stderr, /clone tank\/work not created/);
  assert.equal(b.pools.datasets.has('tank/work'), false);
});

test('a pull that was killed in its middle is gone on with by the same command, which then clones', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:3');
  await runAndKill(world, 'b', 'clone --from a web:3 tank/work', b);
  assert.equal(b.pools.datasets.has('tank/work'), false);
  const { stdout } = await expectRun(world, 'b', 'clone --from a web:3 tank/work');
  assert.match(stdout, /resumed[^]*cloned web:3 of tank\/vm to tank\/work/);
  assertHasVersionsOf(b, a);
});

test('a clone is refused where it would be mounted over files, and made where it is mounted elsewhere or not at all', async () => {
  const { world, a } = makeWorld();
  a.folders.set('/tank/desk', ['mine']);
  await expectRefusal(
    world,
    'a',
    'clone web tank/desk',
    /\/tank\/desk is not an empty directory.*nothing was cloned/,
  );
  await expectRefusal(
    world,
    'a',
    'clone -o mountpoint=/tank/desk web tank/x',
    /\/tank\/desk is not an empty directory/,
  );
  await expectRun(world, 'a', 'clone -o mountpoint=/srv/desk web tank/desk');
  await expectRun(world, 'a', 'clone -o canmount=noauto -o mountpoint=/tank/desk web tank/y');
  assert.ok(!a.pools.open('tank/y').isMounted);
});

test('a mountpoint that is inherited is looked at, too, and an empty folder is in nobody’s way', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/srv', { properties: new Map([['mountpoint', '/srv']]) });
  a.folders.set('/srv/full', ['mine']);
  a.folders.set('/srv/empty', []);
  await expectRefusal(world, 'a', 'clone web tank/srv/full', /\/srv\/full is not an empty directory/);
  await expectRun(world, 'a', 'clone web tank/srv/empty');
});

test('a clone is refused where another filesystem is mounted, and where it can not be known', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/other').isMounted = true;
  await expectRefusal(
    world,
    'a',
    'clone -o mountpoint=/tank/other/ web tank/x',
    /the mountpoint of another filesystem/,
  );
  a.folders.set('/root/desk', 'unreadable');
  await expectRefusal(world, 'a', 'clone -o mountpoint=/root/desk web tank/x', /cannot be read/);
});
