import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ancestorsOf, baseNameOf, findDatasetNameFault, isWithin, poolOf } from '../../src/zfs/names.js';

test('names that ZFS takes have no fault', () => {
  for (const name of ['tank', 'tank/vm', 'tank/my vm', 'tank/a-b_c.d:e', 'tank/1007']) {
    assert.equal(findDatasetNameFault(name), undefined, name);
  }
});

test('names that ZFS refuses, or a shell could stumble on, are refused with the fault', () => {
  for (const name of [
    '',
    '/tank',
    'tank/',
    'tank//a',
    'tank/$(id)',
    "tank/it's",
    'tank/a"b',
    'tank/a;b',
    'tank/a\nb',
  ]) {
    assert.notEqual(findDatasetNameFault(name), undefined, JSON.stringify(name));
  }
  for (const name of ['tank@a', 'tank#a', 'tank/..', '-tank', '7tank', `tank/${'x'.repeat(251)}`]) {
    assert.notEqual(findDatasetNameFault(name), undefined, JSON.stringify(name));
  }
});

test('names come apart at the slashes', () => {
  assert.equal(poolOf('tank/vm/7'), 'tank');
  assert.equal(poolOf('tank'), 'tank');
  assert.equal(baseNameOf('tank/vm/7'), '7');
  assert.deepEqual(ancestorsOf('tank/vm/7'), ['tank', 'tank/vm']);
  assert.deepEqual(ancestorsOf('tank'), []);
});

test('a dataset lies within itself and those above it, not within its namesakes', () => {
  assert.ok(isWithin('tank/vm', 'tank/vm'));
  assert.ok(isWithin('tank/vm/7', 'tank/vm'));
  assert.ok(!isWithin('tank/vm2', 'tank/vm'));
});
