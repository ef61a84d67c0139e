import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareTrees, compareWithPresent, type Comparison } from '../../src/streamline/comparison.js';
import { findVersion } from '../../src/streamline/find-version.js';
import { parseVersion } from '../../src/streamline/version.js';
import { world } from '../worlds.js';

/** What there is to compare from one version to another, or to a dataset as it is now, as text. */
function compare(from: string, to: string, ...lines: readonly string[]): string[] {
  const datasets = world(...lines);
  const find = (name: string): Extract<ReturnType<typeof findVersion>, { kind: 'found' }>['trees'] => {
    const [streamline = '', version = ''] = name.split(':');
    const found = findVersion(datasets, { streamline, version: parseVersion(version) });
    assert.ok(found.kind === 'found', name);
    return found.trees;
  };
  if (to.includes(':')) return describe(compareTrees(datasets, find(from), find(to)));
  const dataset = datasets.get(to);
  assert.ok(dataset, to);
  return describe(compareWithPresent(datasets, find(from), dataset));
}

function describe(comparison: Comparison): string[] {
  switch (comparison.kind) {
    case 'pairs':
      return [
        ...comparison.pairs.map(
          ({ from, dataset, cloneCount }) => `${from.dataset} -> ${dataset.name} (${cloneCount})`,
        ),
        ...comparison.onlyEarlier.map((path) => `-${path}`),
        ...comparison.onlyLater.map((path) => `+${path}`),
      ];
    case 'unrelated':
      return ['unrelated', comparison.common?.tag.version.text ?? 'nothing'];
    case 'same':
    case 'swapped':
      return [comparison.kind];
  }
}

test('of the places that have the later version, one that comes from the earlier is taken', () => {
  const lines = ['tank/a: web:1 web:2 web:3', 'tank/latest: web:3'];
  assert.deepEqual(compare('web:1', 'web:3', ...lines), ['tank/a -> tank/a (0)']);
  assert.deepEqual(compare('web:1', 'web:3', 'tank/latest: web:3', 'tank/a: web:1 web:3'), [
    'tank/a -> tank/a (0)',
  ]);
});

test('it is counted how many clones are between two versions', () => {
  const lines = [
    'tank/a: web:1 web:2',
    'tank/b < tank/a@web:2: web:3',
    'tank/c < tank/b@web:3: web:4',
    'tank/work < tank/c@web:4:',
  ];
  assert.deepEqual(compare('web:2', 'web:3', ...lines), ['tank/a -> tank/b (1)']);
  assert.deepEqual(compare('web:1', 'web:4', ...lines), ['tank/a -> tank/c (2)']);
  assert.deepEqual(compare('web:4', 'tank/work', ...lines), ['tank/c -> tank/work (1)']);
});

test('what came after the origin of a clone is not in its history', () => {
  const lines = ['tank/a: web:1 web:2 web:3', 'tank/b < tank/a@web:2: web:4'];
  assert.deepEqual(compare('web:3', 'web:4', ...lines), ['unrelated', '2']);
  assert.deepEqual(compare('web:3', 'tank/b', ...lines), ['unrelated', '2']);
});

test('two histories that have nothing in common are told', () => {
  assert.deepEqual(compare('web:1', 'db:1', 'tank/a: web:1', 'tank/b: db:1'), ['unrelated', 'nothing']);
});

test('a copy below its original is no member of the tree', () => {
  const lines = ['tank/t: web:1', 'tank/t/b: web:1~b', 'tank/t/copy: web:1', 'tank/t/new:'];
  assert.deepEqual(compare('web:1', 'tank/t', ...lines), [
    'tank/t -> tank/t (0)',
    'tank/t/b -> tank/t/b (0)',
    '+new',
  ]);
});

test('what lies below a dataset that was tagged alone is none of its business', () => {
  assert.deepEqual(compare('web:1', 'tank/t', 'tank/t: web:1', 'tank/t/other:'), ['tank/t -> tank/t (0)']);
});

test('a tree of clones is compared with the tree that it was cloned from', () => {
  const lines = [
    ...['tank/t: web:1', 'tank/t/b: web:1~b', 'tank/t/c: web:1~c'],
    ...['tank/w < tank/t@web:1: web:2', 'tank/w/b < tank/t/b@web:1~b: web:2~b'],
  ];
  assert.deepEqual(compare('web:1', 'web:2', ...lines), [
    'tank/t -> tank/w (1)',
    'tank/t/b -> tank/w/b (1)',
    '-c',
  ]);
});
