import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Changes } from '../../../src/transfer/schedule/changes.js';

test('all who wait are woken by a change, and the first of them takes it', async () => {
  const changes = new Changes();
  assert.equal(changes.take(), true);
  const waits = [changes.next(), changes.next()];
  changes.announce();
  await Promise.all(waits);
  assert.deepEqual([changes.take(), changes.take()], [true, false]);
});

test('who waits after a change that nobody has taken does not wait', async () => {
  const changes = new Changes();
  changes.take();
  changes.announce();
  await changes.next();
  changes.take();
  const later = changes.next().then(() => 'woken');
  assert.equal(await Promise.race([later, Promise.resolve('waiting')]), 'waiting');
});
