import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LocalHost } from '../../src/host/local-host.js';
import { runCalls, type CallEnd } from '../../src/host/run-calls.js';
import { cutAfter } from './cut-host.js';

test('each call is run, whatever came of the one before, and tells how it ended', async () => {
  const ends: CallEnd[] = [];
  await runCalls(
    { host: new LocalHost(), zfs: ['sh', '-c', 'echo "it $1"; exit "$2"', 'zfs'] },
    [
      ['is well', '0'],
      ['fails', '3'],
      ["isn't bad", '0'],
    ],
    { signal: new AbortController().signal, limit: 1000, onEnd: (_index, end) => ends.push(end) },
  );
  assert.deepEqual(ends, [
    { code: 0, output: 'it is well' },
    { code: 3, output: 'it fails' },
    { code: 0, output: "it isn't bad" },
  ]);
});

test('of calls that were cut off on their way none is run, wherever it was', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-calls-'));
  t.after(() => rm(folder, { recursive: true }));
  const done = join(folder, 'done');
  const zfs = ['sh', '-c', `echo "$@" >> ${done}`, 'zfs'];
  const calls = [
    ['destroy', 'tank/vm@zfs-vm:web:1'],
    ['destroy', 'tank/vm@zfs-vm:web:12'],
  ];
  const options = { signal: new AbortController().signal, limit: 1000, onEnd: () => undefined };
  let cuts = 0;
  for (; ; cuts++) {
    await writeFile(done, '');
    const isWhole = await runCalls({ host: cutAfter(cuts), zfs }, calls, options).then(
      () => true,
      () => false,
    );
    const made = await readFile(done, 'utf8');
    if (isWhole) {
      assert.equal(made, 'destroy tank/vm@zfs-vm:web:1\ndestroy tank/vm@zfs-vm:web:12\n');
      break;
    }
    assert.equal(made, '', `after ${cuts} bytes`);
  }
  assert.ok(cuts > 150, `${cuts} cuts`);
});
