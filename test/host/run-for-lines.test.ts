import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { LocalHost } from '../../src/host/local-host.js';
import { runForLines } from '../../src/host/run-command.js';

const options = { signal: new AbortController().signal, longestLine: 100 };

test('lines come in lots, whole and in order, and the end is told with what stderr said', async () => {
  const lines: string[] = [];
  const script = 'seq 100000; printf last; echo no >&2; exit 3';
  const result = await runForLines(
    new LocalHost(),
    ['sh', '-c', script],
    async (lot) => {
      await sleep(0);
      lines.push(...lot);
    },
    options,
  );
  assert.deepEqual(result, { exit: { kind: 'exited', code: 3 }, stderr: 'no\n' });
  assert.equal(lines.length, 100_001);
  assert.ok(lines.slice(0, -1).every((line, index) => line === String(index + 1)));
  assert.equal(lines.at(-1), 'last');
});

test('a command that prints without end waits until its lots are taken, and is ended when one is refused', async () => {
  let taken = 0;
  const run = runForLines(
    new LocalHost(),
    ['yes'],
    async (lot) => {
      await sleep(50);
      taken += lot.length;
      if (taken > 100_000) throw new Error('enough');
    },
    options,
  );
  await assert.rejects(run, /enough/);
  assert.ok(taken < 1_000_000, `${taken} lines`);
});
