import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownPools } from '../../src/inventory/known-pools.js';

test('a host that lacks a pool that was worked with is not ready', () => {
  const pools = new KnownPools();
  pools.check('a', []);
  pools.note('a', ['tank/vm', 'fast/vm/x']);
  pools.note('b', ['tank/vm']);
  pools.check('a', ['tank', 'fast']);
  assert.throws(
    () => {
      pools.check('a', ['tank/vm', 'usb']);
    },
    { kind: 'connection', message: /"fast" is missing/ },
  );
  assert.throws(
    () => {
      pools.check('b', []);
    },
    { kind: 'connection', message: /b: pool "tank" is missing/ },
  );
});

test('what becomes of other pools makes no difference', () => {
  const pools = new KnownPools();
  pools.note('a', ['tank/vm']);
  pools.check('a', ['tank', 'usb']);
  pools.check('a', ['tank']);
});
