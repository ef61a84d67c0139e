import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEdits, findNearest } from '../../src/base/similar.js';

const commands = ['tag', 'list', 'push', 'pull', 'prune', 'status', 'show', 'sync'];

for (const [word, meant] of [
  ['psuh', 'push'],
  ['pul', 'pull'],
  ['stauts', 'status'],
  ['statsu', 'status'],
  ['lst', 'list'],
  ['tga', 'tag'],
  ['LIST', 'list'],
  ['prun', 'prune'],
  ['stat', 'status'],
  ['frobnicate', undefined],
  ['x', undefined],
  ['ab', undefined],
  ['restore', undefined],
] as const) {
  test(`by "${word}", ${meant ?? 'none of them'} is meant`, () => {
    assert.equal(findNearest(word, commands), meant);
  });
}

test('an option whose beginning was typed is meant, however long the rest is', () => {
  assert.equal(findNearest('--all', ['--yes', '--all-snapshots']), '--all-snapshots');
  assert.equal(findNearest('--retry', ['--replace', '--retries']), '--retries');
  assert.equal(findNearest('--dryrun', ['--direct', '--dry-run']), '--dry-run');
});

test('edits are counted, two that changed places as one', () => {
  assert.deepEqual(
    [
      ['', ''],
      ['abc', ''],
      ['abc', 'abd'],
      ['abc', 'acb'],
      ['abc', 'xabc'],
      ['kitten', 'sitting'],
    ].map(([from = '', to = '']) => countEdits(from, to)),
    [0, 3, 1, 1, 1, 3],
  );
});
