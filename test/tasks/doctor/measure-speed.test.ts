import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalHost } from '../../../src/host/local-host.js';
import { measureSpeed } from '../../../src/tasks/doctor/measure-speed.js';

test('the speed is measured both ways', async () => {
  const finding = await measureSpeed(new LocalHost(), new AbortController().signal);
  assert.ok(finding.kind === 'speed');
  assert.ok(finding.upload > 2 ** 20 && finding.download > 2 ** 20, JSON.stringify(finding));
  assert.ok(finding.roundTripMs > 0);
});
