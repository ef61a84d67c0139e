import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../src/report/progress.js';
import { formatDuration } from '../../src/report/quantities.js';

const mib = 1024 * 1024;

test('progress shows the share, the rate and the time left', () => {
  const progress = new Progress(100 * mib, 0);
  progress.add(25 * mib);
  assert.equal(progress.describe(1000), '25% of 100 MiB, 25 MiB/s, 3.0 s left');
});

test('the rate is that of the last seconds', () => {
  const progress = new Progress(1000 * mib, 0);
  progress.add(500 * mib);
  progress.describe(1000);
  for (let second = 2; second <= 10; second++) {
    progress.add(mib);
    progress.describe(second * 1000);
  }
  assert.match(progress.describe(10_000), /, 1 MiB\/s, /);
});

test('a stalled stream has no rate and no time left', () => {
  const progress = new Progress(100 * mib, 0);
  progress.add(50 * mib);
  for (let second = 1; second <= 20; second++) progress.describe(second * 1000);
  assert.equal(progress.describe(21_000), '50% of 100 MiB, 0 B/s');
});

test('it never says that it is done before it is, whatever the estimate was', () => {
  const progress = new Progress(100, 0);
  progress.add(500);
  assert.match(progress.describe(1000), /^99% /);
});

test('without an estimate it counts', () => {
  const progress = new Progress(undefined, 0);
  progress.add(2 * mib);
  assert.equal(progress.describe(1000), '2 MiB, 2 MiB/s');
});

test('spans of time are short', () => {
  assert.deepEqual([0.04, 9.94, 12.4, 59.4, 187, 7387].map(formatDuration), [
    '0.0 s',
    '9.9 s',
    '12 s',
    '59 s',
    '3:07',
    '2:03:07',
  ]);
});
