import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realClock } from '../../../src/base/clock.js';
import { RateLimit } from '../../../src/transfer/lanes/rate-limit.js';

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

test('a chunk is cut into pieces of a quarter of a second, within limits, and none is lost', () => {
  const chunk = Buffer.alloc(200_000, 'x');
  for (const [rate, length] of [
    [1, 512],
    [100_000, 25_000],
    [1e9, 65_536],
  ] as const) {
    const pieces = [...new RateLimit(rate, realClock).cut(chunk)];
    assert.equal(pieces[0]?.length, length);
    assert.ok(pieces.every((piece) => piece.length <= length));
    assert.deepEqual(Buffer.concat(pieces), chunk);
  }
});
