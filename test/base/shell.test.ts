import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { forEachName, quoteCommand } from '../../src/base/shell.js';

test('plain words stay readable', () => {
  assert.equal(quoteCommand(['zfs', 'send', '-i', 'tank/a@zfs-vm:web:1']), 'zfs send -i tank/a@zfs-vm:web:1');
});

test('every word arrives in the command as it is', () => {
  const words = fc.array(
    fc.string({ unit: 'binary' }).filter((word) => !word.includes('\0')),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(words, (argv) => {
      const script = quoteCommand(['printf', '%s\\0', ...argv]);
      const output = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
      assert.deepEqual(
        output.split('\0').slice(0, -1),
        argv.map((word) => Buffer.from(word).toString()),
      );
    }),
    { numRuns: 100 },
  );
});

test('names with spaces in them arrive as one word each, behind the words that stand before them', () => {
  const names = ['tank/a b@zfs-vm:web:1', 'tank/plain', 'tank/two  spaces@x y'];
  const { script, input } = forEachName(['hold', "it's"], names);
  const echo = ['sh', '-c', String.raw`printf '%s\n' "$@"`, 'zfs'];
  const options = { encoding: 'utf8', input: [...input].join('') } as const;
  const output = execFileSync('/bin/sh', ['-c', script, 'sh', ...echo], options);
  assert.deepEqual(output.split('\n').slice(0, -1), ['hold', "it's", ...names]);
});
