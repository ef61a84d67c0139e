import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFanOutScenario } from './fan-out-scenario.js';

/** How many seeds the test command runs; `ZFS_VM_FUZZ=100` makes it a hundred times as many. */
const seeds = 100 * Number(process.env['ZFS_VM_FUZZ'] ?? 1);

test(`in ${seeds} random worlds with three receivers, each is in the end as if it had been the only one`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { problem, story } = await runFanOutScenario(seed);
    assert.equal(problem, undefined, `seed ${seed}: ${problem ?? ''}\n${story.join('\n')}`);
  }
});

test('the same seed tells the same story with three receivers, too', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const [first, second] = [await runFanOutScenario(seed), await runFanOutScenario(seed)];
    assert.deepEqual(first, second);
  }
});
