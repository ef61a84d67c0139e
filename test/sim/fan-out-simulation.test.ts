import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFanOutScenario } from './fan-out-scenario.js';

const seeds = Number(process.env['ZFS_VM_FAN_OUT_SEEDS'] ?? 300);
const from = Number(process.env['ZFS_VM_FAN_OUT_FROM'] ?? 1);

test(`in ${seeds} random worlds with three receivers, each is in the end as if it had been the only one`, async () => {
  for (let seed = from; seed < from + seeds; seed++) {
    const { problem, story } = await runFanOutScenario(seed);
    assert.equal(problem, undefined, `seed ${seed}: ${problem ?? ''}\n${story.join('\n')}`);
  }
});
