import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSequence, playSimulated } from './conformance.js';
import { classify, findDifferences } from './conformance-differences.js';

test('a sequence is the same each time it is made, and played', async () => {
  const made = await makeSequence(7, 60, '2.3');
  assert.deepEqual(await makeSequence(7, 60, '2.3'), made);
  assert.deepEqual(await playSimulated(made.operations, '2.3'), made);
  assert.deepEqual(findDifferences(made, made.outcomes), []);
});

test('what a sequence does makes sense, mostly: more than half of it is done, and every refusal is known', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { operations, outcomes } = await makeSequence(seed, 60, '2.3');
    const kinds = outcomes.map(({ stderr }) => classify(stderr));
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith('unknown')),
      [],
    );
    assert.ok(outcomes.filter(({ status }) => status === 0).length * 2 > operations.length, `seed ${seed}`);
  }
});

test('a difference is told with the operation that it comes from', async () => {
  const played = await makeSequence(3, 8, '2.3');
  const real = played.outcomes.map((outcome, index) =>
    index === 4 ? { ...outcome, status: 1, stderr: 'cannot do it: dataset is busy' } : outcome,
  );
  assert.match(findDifferences(played, real).join('\n'), /^operation 4: .*\nsimulated: .*\nreal: 1 \(busy\)/);
});
