import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
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

/** A process that takes a lock, says whether it got it, and keeps it until it is ended. */
function startHolder(
  lockName: string,
  prefix: readonly string[] = [],
): ChildProcessByStdio<null, Readable, null> {
  const module = JSON.stringify(new URL('../../src/host/run-lock.js', import.meta.url).href);
  const program = `import { takeRunLock } from ${module};
     console.log((await takeRunLock(${JSON.stringify(lockName)})) === undefined ? 'refused' : 'held');
     setInterval(() => {}, 1000);`;
  const words = [...prefix, process.execPath, '--input-type=module', '-e', program];
  return spawn('env', words, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function end(holder: ChildProcess): Promise<void> {
  holder.kill('SIGKILL');
  await once(holder, 'close');
}

async function readAnswer({ stdout }: { readonly stdout: Readable }): Promise<string> {
  const [said] = (await once(stdout, 'data')) as [Buffer];
  return said.toString().trim();
}

test('the lock of a run that was killed is free', async () => {
  const holder = startHolder(name('killed'));
  assert.equal(await readAnswer(holder), 'held');
  assert.equal(await takeRunLock(name('killed')), undefined);
  await end(holder);
  const lock = await takeRunLock(name('killed'));
  assert.ok(lock !== undefined);
  await lock.release();
});

test('of many who find the lock of a run that was killed, one gets it', async () => {
  for (let round = 0; round < 5; round++) {
    const holder = startHolder(name('crowd'));
    assert.equal(await readAnswer(holder), 'held');
    await end(holder);
    const locks = await Promise.all(Array.from({ length: 20 }, () => takeRunLock(name('crowd'))));
    const held = locks.filter((lock) => lock !== undefined);
    assert.equal(held.length, 1);
    await held[0]?.release();
  }
});

test('of several processes that come at once, one gets the lock', async () => {
  const holders = Array.from({ length: 4 }, () => startHolder(name('rush')));
  const answers = await Promise.all(holders.map(readAnswer));
  await Promise.all(holders.map(end));
  assert.deepEqual(answers.sort(), ['held', 'refused', 'refused', 'refused']);
});

const unshare = ['unshare', '-n'];
const skip =
  spawnSync('unshare', ['-n', 'true']).status === 0 ? false : 'no network namespace can be made here';

test('a lock holds for a run in another network namespace', { skip }, async () => {
  const lock = await takeRunLock(name('elsewhere'));
  assert.ok(lock !== undefined);
  const other = startHolder(name('elsewhere'), unshare);
  const answer = await readAnswer(other);
  await end(other);
  assert.equal(answer, 'refused');
  await lock.release();
});
