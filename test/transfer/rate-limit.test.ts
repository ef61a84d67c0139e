import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realClock } from '../../src/clock.js';
import { RateLimit } from '../../src/transfer/rate-limit.js';

test('bytes wait for those before them, whatever stream they are of', () => {
  let nowMs = 0;
  const limit = new RateLimit(1000, { nowMs: () => nowMs });
  assert.equal(limit.take(500), 0);
  assert.equal(limit.take(500), 500);
  assert.equal(limit.take(100), 1000);
  nowMs = 1100;
  assert.equal(limit.take(100), 0);
});

test('time in which nothing went is not saved up', () => {
  let nowMs = 0;
  const limit = new RateLimit(1000, { nowMs: () => nowMs });
  nowMs = 60_000;
  assert.equal(limit.take(1000), 0);
  assert.equal(limit.take(1), 1000);
});

test('a chunk is cut into pieces, and none is lost', () => {
  const chunk = Buffer.alloc(200_000, 'x');
  const pieces = [...new RateLimit(1, realClock).cut(chunk)];
  assert.ok(pieces.every((piece) => piece.length <= 65_536));
  assert.deepEqual(Buffer.concat(pieces), chunk);
});
