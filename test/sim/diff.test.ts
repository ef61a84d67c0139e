import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld, type RunResult } from './sim-world.js';

/** A host with an image in two versions, mounted, of which the second has one block more and one that is another. */
function makeWorld(): { world: SimWorld; a: Machine } {
  const world = new SimWorld();
  const a = world.addMachine('a');
  a.pools.create('tank/vm').isMounted = true;
  addVersion(a, 'tank/vm', 'web:1', [1, 2]);
  addVersion(a, 'tank/vm', 'web:2', [2, 3]);
  return { world, a };
}

function addVersion({ pools }: Machine, dataset: string, tag: string, blocks: readonly number[]): void {
  pools.write(dataset, blocks);
  pools.snapshot([`${dataset}@zfs-vm:${tag}`]);
}

async function expectRun(world: SimWorld, args: string, status = 0): Promise<RunResult> {
  const result = await world.run('a', args);
  assert.equal(result.status, status, `zfs-vm ${args}\n${result.stdout}${result.stderr}`);
  return result;
}

/** What `diff --json` printed, as far as tests read it. */
interface Document {
  readonly members: readonly {
    readonly path: string;
    readonly dataset: string;
    readonly changes: { readonly added: number; readonly modified: number } | null;
    readonly writtenBytes: number | null;
    readonly incrementBytes: number | null;
    readonly error: string | null;
  }[];
  readonly onlyEarlier: readonly string[];
  readonly onlyLater: readonly string[];
}

async function expectDocument(world: SimWorld, args: string, status = 0): Promise<Document> {
  return JSON.parse((await expectRun(world, `diff --json ${args}`, status)).stdout) as Document;
}

test('two versions are compared in numbers, with their sizes', async () => {
  const { world } = makeWorld();
  const { stdout } = await expectRun(world, 'diff web:1 web:2');
  assert.match(
    stdout,
    /^web:1 -> web:2 of tank\/vm\n {2}1 added, 0 removed, 1 modified, 0 renamed; \S+ \S+ written, an increment of .*\n$/,
  );
});

test('the paths are listed from the root of the filesystem, for people or for programs', async () => {
  const { world } = makeWorld();
  assert.match((await expectRun(world, 'diff --list web:1 web:2')).stdout, /^M \/2\n\+ \/3\n/m);
  const { stdout } = await expectRun(world, 'diff --list --json web:1 web:2');
  const lines = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
  assert.deepEqual(lines, [
    { dataset: 'tank/vm', change: 'modified', type: 'file', path: '/2', newPath: null },
    { dataset: 'tank/vm', change: 'added', type: 'file', path: '/3', newPath: null },
  ]);
});

test('without a second version it is what the dataset contains now, or the one that is named', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'clone web:2 tank/work');
  a.pools.write('tank/vm', [7, 8, 9]);
  a.pools.write('tank/work', [7]);
  assert.match((await expectRun(world, 'diff web')).stdout, /web:2 -> now of tank\/vm\n {2}3 added/);
  assert.match(
    (await expectRun(world, 'diff web:1 tank/work')).stdout,
    /web:1 -> now of tank\/work\n {2}2 added/,
  );
});

test('a version of a clone is compared with what it comes from', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'clone web:2 tank/work');
  addVersion(a, 'tank/work', 'web:3', [9]);
  const [member] = (await expectDocument(world, 'web:1 web:3')).members;
  assert.equal(member?.dataset, 'tank/work');
  assert.equal(member.changes?.added, 2);
});

test('where zfs goes no further, the sizes are told, and the status says so', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'clone web:2 tank/work');
  addVersion(a, 'tank/work', 'web:3', [9]);
  await expectRun(world, 'clone web:3 tank/work2');
  addVersion(a, 'tank/work2', 'web:4', [9]);
  const [member] = (await expectDocument(world, 'web:2 web:4', 1)).members;
  assert.equal(member?.changes, null);
  assert.equal(member.writtenBytes, a.pools.blockBytes);
  assert.ok((member.incrementBytes ?? 0) > 0);
  assert.match(member.error ?? '', /a clone of a clone/);
});

test('of a volume, the bytes are told', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/disk', { type: 'volume' });
  addVersion(a, 'tank/disk', 'disk:1', [1]);
  addVersion(a, 'tank/disk', 'disk:2', [1, 2]);
  const { stdout } = await expectRun(world, 'diff disk:1 disk:2');
  assert.match(stdout, /of tank\/disk\n {2}a volume: \S+ \S+ written, an increment of/);
  assert.doesNotMatch((await expectRun(world, 'diff disk:1')).stdout, /increment/);
});

test('the members of a tree are compared one by one, and those that only one side has are told', async () => {
  const { world, a } = makeWorld();
  for (const name of ['tank/t', 'tank/t/b', 'tank/t/old']) a.pools.create(name).isMounted = true;
  await expectRun(world, 'tag -r -n tree:1 tank/t');
  a.pools.create('tank/t/new').isMounted = true;
  a.pools.write('tank/t/b', [1]);
  assert.deepEqual(summarizeMembers(await expectDocument(world, 'tree:1')), {
    members: ['=0', 'b=1', 'old=0'],
    onlyEarlier: [],
    onlyLater: ['new'],
  });
  await expectRun(world, 'tag -r tank/t');
  a.pools.destroySnapshots('tank/t/old', ['zfs-vm:tree:2']);
  assert.deepEqual(summarizeMembers(await expectDocument(world, 'tree:1 tree:2')), {
    members: ['=0', 'b=1'],
    onlyEarlier: ['old'],
    onlyLater: ['new'],
  });
  const { stdout } = await expectRun(world, 'diff tree:1 tree:2');
  assert.match(stdout, /of tank\/t\/b\n[^]*^old: only in tree:1\nnew: not in tree:1\n$/m);
});

/** The members with how many paths were added to each, and those that only one side has. */
function summarizeMembers({ members, onlyEarlier, onlyLater }: Document): object {
  return {
    members: members.map(({ path, changes }) => `${path}=${changes?.added ?? 'unknown'}`),
    onlyEarlier,
    onlyLater,
  };
}

test('one snapshot and its copy have nothing between them', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/backup');
  await expectRun(world, 'push -d tank/backup local');
  assert.match((await expectRun(world, 'diff web:1 web:1')).stdout, /no changes/);
  assert.deepEqual(await expectDocument(world, 'web:1 web:1'), {
    ...{ schemaVersion: 1, members: [], onlyEarlier: [], onlyLater: [] },
  });
});

test('versions of which the later one comes first are to be swapped', async () => {
  const { world } = makeWorld();
  const { stderr } = await expectRun(world, 'diff web:2 web:1', 2);
  assert.match(stderr, /web:2 is newer than web:1[^]*zfs-vm diff web:1 web:2/);
});

test('versions of two clones are told what they have in common', async () => {
  const { world, a } = makeWorld();
  for (const name of ['x', 'y']) await expectRun(world, `clone web:2 tank/${name}`);
  addVersion(a, 'tank/x', 'web:3', [8]);
  addVersion(a, 'tank/y', 'web:4', [8]);
  const { stderr } = await expectRun(world, 'diff web:3 web:4', 2);
  assert.match(stderr, /web:4 does not descend from web:3[^]*both descend from web:2/);
  assert.match((await expectRun(world, 'diff web:3 tank/y', 2)).stderr, /both descend from web:2/);
});

test('what is not there is told', async () => {
  const { world } = makeWorld();
  assert.match((await expectRun(world, 'diff web:1 web:8', 2)).stderr, /no version 8 of web/);
  assert.match((await expectRun(world, 'diff wbe:1 web:2', 2)).stderr, /no streamline "wbe"/);
  assert.match(
    (await expectRun(world, 'diff web:1 tank/no', 2)).stderr,
    /filesystem or volume "tank\/no" does not exist/,
  );
});

test('without its key, only the sizes of what is encrypted are told', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/secret', { properties: new Map([['encryption', 'aes-256-gcm']]) });
  addVersion(a, 'tank/secret', 'secret:1', [1]);
  addVersion(a, 'tank/secret', 'secret:2', [1]);
  a.pools.open('tank/secret').isKeyLoaded = false;
  const { stdout, stderr } = await expectRun(world, 'diff secret:1 secret:2', 1);
  assert.match(stdout, /changed paths unknown; .* an increment of/);
  assert.match(stderr, /zfs load-key tank\/secret/);
});
