import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LocalHost } from '../../src/host/local-host.js';
import { readCalls, runCalls, type CallEnd } from '../../src/host/run-calls.js';
import { cutAfter } from './cut-host.js';
import { hostWithShell, shells, whyNot } from './shells.js';

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
  assert.ok(cuts > 60, `${cuts} cuts`);
});

for (const shell of shells) {
  const options = { signal: new AbortController().signal, limit: 1000, onEnd: () => undefined };
  const skip = whyNot(shell);

  test(`tens of thousands of calls are run where sh is ${shell[0]}`, { skip }, async () => {
    const calls = Array.from({ length: 30_000 }, (_, index) => [`tank/vm${index}@zfs-vm:web:1`]);
    let last = -1;
    const onEnd = (index: number, { code }: CallEnd): void => {
      if (code === 0 && index === last + 1) last = index;
    };
    await runCalls({ host: hostWithShell(shell), zfs: [':'] }, calls, { ...options, onEnd });
    assert.equal(last, 29_999);
  });

  test(
    `words arrive as they are where sh is ${shell[0]}, the longest that Linux takes too`,
    { skip },
    async () => {
      const words = [
        "it's",
        '',
        ' ',
        '$HOME `id` "q"',
        'back\\slash',
        '*',
        '\n',
        "a\n'b\n\nc",
        '-n',
        'é日本',
      ];
      const print = 'console.log(JSON.stringify(process.argv.slice(1).map((word) => word.slice(-1000))))';
      const calls = [words, ['x'.repeat(120_000)]];
      const endpoint = { host: hostWithShell(shell), zfs: ['node', '-e', print, '--'] };
      const outputs = await readCalls(endpoint, calls, { ...options, limit: 2000 });
      assert.deepEqual(outputs, [JSON.stringify(words), JSON.stringify(['x'.repeat(1000)])]);
    },
  );
}
