import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so, and fails after the time that is allowed. */
export async function waitFor(
  what: string,
  isThere: () => Promise<boolean>,
  timeoutMs = 240_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isThere())) {
    assert.ok(Date.now() < deadline, `${what}: not in time`);
    await sleep(300);
  }
}
