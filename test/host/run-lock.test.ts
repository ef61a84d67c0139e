import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { takeRunLock } from '../../src/host/run-lock.js';

/** A name that no other test run has. */
const name = (what: string): string => `test-${process.pid}-${what}`;

test('a lock can be held once at a time', async () => {
  const lock = await takeRunLock(name('once'));
  assert.ok(lock !== undefined);
  assert.equal(await takeRunLock(name('once')), undefined);
  const other = await takeRunLock(name('other'));
  assert.ok(other !== undefined);
  await Promise.all([lock.release(), other.release()]);
  const again = await takeRunLock(name('once'));
  assert.ok(again !== undefined);
  await again.release();
});

test('the lock of a run that was killed is free', async () => {
  const holder = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { takeRunLock } from ${JSON.stringify(new URL('../../src/host/run-lock.js', import.meta.url).href)};
     await takeRunLock(${JSON.stringify(name('killed'))});
     console.log('held');
     setInterval(() => {}, 1000);`,
  ]);
  await once(holder.stdout, 'data');
  assert.equal(await takeRunLock(name('killed')), undefined);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  const lock = await takeRunLock(name('killed'));
  assert.ok(lock !== undefined);
  await lock.release();
});
