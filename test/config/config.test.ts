import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyConfig, resolveHosts } from '../../src/config/config.js';

const config = {
  ...emptyConfig,
  groups: new Map([
    ['near', ['a', 'b']],
    ['all', ['a', 'b', 'c']],
    ['nobody', []],
  ]),
};

test('a group stands for its members, in its place', () => {
  assert.deepEqual(resolveHosts(config, ['x', 'near', 'y']), ['x', 'a', 'b', 'y']);
});

test('a host that is named twice, or is in several groups, is there once', () => {
  assert.deepEqual(resolveHosts(config, ['c', 'near', 'all', 'c']), ['c', 'a', 'b']);
});

test('a group without members stands for nobody', () => {
  assert.deepEqual(resolveHosts(config, ['nobody']), []);
});

test('what is no group stays as it is', () => {
  assert.deepEqual(resolveHosts(config, ['fjoe@b', 'constructor']), ['fjoe@b', 'constructor']);
});
