import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownPools } from '../../src/commands/known-pools.js';

test('a host that lacks a pool that it had is not ready', () => {
  const pools = new KnownPools();
  pools.check('a', ['tank', 'tank/vm', 'fast/vm']);
  pools.check('b', ['tank']);
  pools.check('a', ['tank', 'fast']);
  assert.throws(
    () => {
      pools.check('a', ['tank/vm']);
    },
    { kind: 'connection', message: /"fast" is gone/ },
  );
  assert.throws(
    () => {
      pools.check('b', []);
    },
    { kind: 'connection', message: /b: the pool "tank" is gone/ },
  );
});

test('a pool that comes while a run is at work is welcome', () => {
  const pools = new KnownPools();
  pools.check('a', ['tank']);
  pools.check('a', ['tank', 'usb']);
  assert.throws(() => {
    pools.check('a', ['tank']);
  }, /"usb" is gone/);
});
