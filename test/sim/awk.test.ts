import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastCallLine, onlyWhole } from '../../src/requests/call-script.js';
import { taggedOnly } from '../../src/requests/tagged-only.js';
import { lateProgram, newestProgram } from '../../src/requests/how-far-script.js';
import { awks, runAwk, whyNoAwk } from '../awks.js';
import { findAwkProgram } from './awk.js';

// The rule which copies are in step has a table of its own: test/requests/out-of-step.test.ts.
const cases: readonly (readonly [
  program: string,
  input: readonly string[],
  output: readonly string[],
  status?: number,
])[] = [
  [
    lateProgram,
    ['late tank/my vm@zfs-vm:my web:1', 'newest tank/late x@1\t7', 'late late x@2', 'following late y@3', ''],
    ['"tank/my vm@zfs-vm:my web:1"', '"late x@2"'],
  ],
  [
    newestProgram,
    [
      ...['"tank/my vm"', '"tank/a"', '@', '"tank/my vm@1"'],
      'tank/my vm\tvolume\ttank/x@1\t0\t1795249568\toff\ttank/my vm@zfs-vm:my web:1\t-',
      'tank/a\tfilesystem\t-\t0\t1795249568\toff\t-\t-',
    ],
    ['"tank/my vm@1"', '"tank/my vm@zfs-vm:my web:1"'],
  ],
  [onlyWhole, ["'send' 'a'", "'send' 'b c'", lastCallLine, 'more'], ["'send' 'a'", "'send' 'b c'"]],
  [onlyWhole, ["'send' 'a'", "'send' 'b c'"], []],
  [
    taggedOnly.join('\n'),
    [
      ...['tank\tfilesystem\t-', 'tank/my vm\tvolume\t-', 'tank/c\tvolume\ttank/o@1', 'tank/o\tvolume\t-'],
      'snapshots',
      ...['tank@daily\t1\t7', 'tank/my vm@daily\t2\t7', 'tank/my vm@zfs-vm:my web:1\t3\t8'],
      ...['tank/my vm@weekly\t4\t9', 'tank/o@1\t5\t7', 'tank/p@not-zfs-vm:x:1\t6\t7', 'status 0'],
    ],
    [
      ...['tank/my vm@daily\t2\t7', 'tank/my vm@zfs-vm:my web:1\t3\t8'],
      ...['tank/my vm@weekly\t4\t9', 'tank/o@1\t5\t7'],
    ],
  ],
  [
    taggedOnly.join('\n'),
    ['tank\tfilesystem\t-', 'snapshots', 'tank#zfs-vm:web:1\t1\t7', 'tank@a\t2\t8', 'status 3'],
    ['tank#zfs-vm:web:1\t1\t7', 'tank@a\t2\t8'],
    3,
  ],
  // Cut off, so that there is no status.
  [taggedOnly.join('\n'), ['tank\tfilesystem\t-', 'snapshots', 'tank@a\t2\t8'], [], 1],
];

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

test('the simulated awk prints what each of these programs is there for', () => {
  for (const [program, input, output, status = 0] of cases) {
    assert.deepEqual(findAwkProgram(program)?.(toText(input)), { output: toText(output), status });
  }
});

for (const awk of awks) {
  test(`${awk.join(' ')} prints the same`, { skip: whyNoAwk(awk) }, () => {
    for (const [program, input, output, status = 0] of cases) {
      assert.deepEqual(runAwk(awk, program, toText(input)), { output: toText(output), status });
    }
  });
}
