import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullNameOf, type Datasets } from '../../src/streamline/dataset.js';
import {
  findNewestOfTree,
  findNextTag,
  walkHistory,
  type NextTag,
  type WantedTag,
} from '../../src/streamline/lineage.js';
import { formatTagShort } from '../../src/streamline/tag.js';
import { parseVersion } from '../../src/streamline/version.js';
import { world } from '../worlds.js';

function datasetOf(datasets: Datasets, name: string): NonNullable<ReturnType<Datasets['get']>> {
  const dataset = datasets.get(name);
  assert.ok(dataset);
  return dataset;
}

function next(
  datasets: Datasets,
  name: string,
  wanted: { streamline?: string; version?: string; mayBegin?: boolean } = {},
): string {
  const version = wanted.version === undefined ? undefined : parseVersion(wanted.version);
  const result: NextTag = findNextTag(datasets, datasetOf(datasets, name), {
    ...(wanted.streamline === undefined ? {} : { streamline: wanted.streamline }),
    ...(version === undefined ? {} : { version }),
    mayBegin: wanted.mayBegin === true,
  } satisfies WantedTag);
  return result.kind === 'tag' ? formatTagShort(result.tag) : result.kind;
}

test('the history of a clone goes on in what it was cloned from, from the origin backwards', () => {
  const datasets = world(
    'tank/a: web:1 web:2 web:3',
    'tank/b < tank/a@web:2: web:4',
    'tank/c < tank/b@web:4: @x',
  );
  assert.deepEqual([...walkHistory(datasets, datasetOf(datasets, 'tank/c'))].map(fullNameOf), [
    'tank/c@x',
    'tank/b@zfs-vm:web:4',
    'tank/a@zfs-vm:web:2',
    'tank/a@zfs-vm:web:1',
  ]);
});

test('the history ends where the origin is not listed', () => {
  const datasets = world('tank/b < tank/gone@web:1: web:2');
  assert.deepEqual([...walkHistory(datasets, datasetOf(datasets, 'tank/b'))].map(fullNameOf), [
    'tank/b@zfs-vm:web:2',
  ]);
});

test('origins that go in a circle, which only a liar can report, end the history', () => {
  const datasets = world('tank/a < tank/b@web:2: web:1', 'tank/b < tank/a@web:1: web:2');
  assert.equal([...walkHistory(datasets, datasetOf(datasets, 'tank/a'))].length, 2);
});

test('the next tag follows the newest one of the dataset', () => {
  assert.equal(next(world('tank/a: web:9 web:10'), 'tank/a'), 'web:11');
});

test('a clone continues the streamline of what it was cloned from', () => {
  assert.equal(next(world('tank/a: web:1', 'tank/b < tank/a@web:1:'), 'tank/b'), 'web:2');
});

test('a clone takes the next version of the whole host, so that two clones make different ones', () => {
  const datasets = world('tank/a: web:1', 'tank/b < tank/a@web:1: web:2', 'tank/c < tank/a@web:1:');
  assert.equal(next(datasets, 'tank/c'), 'web:3');
});

test('a dataset without history needs a name', () => {
  assert.equal(next(world('tank/a: @x'), 'tank/a'), 'unknown-streamline');
  assert.equal(next(world('tank/a: @x'), 'tank/a', { version: '7' }), 'unknown-streamline');
});

test('a streamline named alone begins with 1', () => {
  assert.equal(next(world('tank/a:'), 'tank/a', { streamline: 'web' }), 'web:1');
});

test('a version that exists anywhere on the host is refused', () => {
  const datasets = world('tank/a: web:1', 'tank/b < tank/a@web:1: web:2');
  assert.equal(next(datasets, 'tank/a', { version: '2' }), 'exists');
});

test('a version older than the newest of the history is refused', () => {
  assert.equal(next(world('tank/a: web:1 web:5'), 'tank/a', { version: '3' }), 'not-newer');
  const datasets = world('tank/a: web:5', 'tank/b < tank/a@web:5:');
  assert.equal(next(datasets, 'tank/b', { version: '4' }), 'not-newer');
});

test('a version may be older than one of another branch, as long as it is new', () => {
  const datasets = world('tank/a: web:1', 'tank/b < tank/a@web:1: web:9', 'tank/c < tank/a@web:1:');
  assert.equal(next(datasets, 'tank/c', { version: '5' }), 'web:5');
});

test('another streamline is begun on a dataset that has one only if that is said', () => {
  const wanted = { streamline: 'db', version: '1' };
  assert.equal(next(world('tank/a: web:5'), 'tank/a', wanted), 'begins-another');
  assert.equal(next(world('tank/a: web:5', 'tank/b: db:0'), 'tank/a', wanted), 'begins-another');
  assert.equal(next(world('tank/a: web:5'), 'tank/a', { ...wanted, mayBegin: true }), 'db:1');
});

test('a streamline that the dataset has had before goes on, and a clone without versions begins one', () => {
  assert.equal(next(world('tank/a: db:1 web:5'), 'tank/a', { streamline: 'db' }), 'db:2');
  const clone = world('tank/a: web:5', 'tank/b < tank/a@web:5:');
  assert.equal(next(clone, 'tank/b', { streamline: 'db', version: '1' }), 'db:1');
});

/** Where the members of a tree have its newest version; undefined when it can't be compared with that. */
function newestOf(datasets: Datasets, names: readonly string[], streamline?: string): string[] | undefined {
  const tree = names.map((name) => datasetOf(datasets, name));
  return findNewestOfTree(datasets, tree, streamline)?.map(fullNameOf);
}

test('the newest version of a dataset is the last of its own history, of the streamline that is meant', () => {
  const datasets = world('tank/a: web:2 web:1 db:1 @mine', 'tank/b: web:9', 'tank/c < tank/a@web:2: @x');
  assert.deepEqual(newestOf(datasets, ['tank/a']), ['tank/a@zfs-vm:db:1']);
  assert.deepEqual(newestOf(datasets, ['tank/a'], 'web'), ['tank/a@zfs-vm:web:1']);
  assert.deepEqual(newestOf(datasets, ['tank/c']), ['tank/a@zfs-vm:web:2']);
  assert.equal(newestOf(datasets, ['tank/a'], 'mail'), undefined);
});

test('a tree of which a member has not the newest version can not be compared with it', () => {
  const datasets = world('tank/a: web:1 web:2', 'tank/a/x: web:1~x web:2~x', 'tank/a/y: web:1~y');
  assert.deepEqual(newestOf(datasets, ['tank/a', 'tank/a/x']), [
    'tank/a@zfs-vm:web:2',
    'tank/a/x@zfs-vm:web:2',
  ]);
  assert.equal(newestOf(datasets, ['tank/a', 'tank/a/x', 'tank/a/y']), undefined);
});
