import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adaptOptions } from '../../src/plan/stream-options.js';
import { findStreamRefusal } from '../../src/zfs/failure.js';
import type { StreamOption } from '../../src/zfs/send.js';

// What zfs receive said on OpenZFS 2.3.2, in the labs of 2.1 and 2.3 alike.
const poolLacks = 'cannot receive new filesystem stream: pool must be upgraded to receive this stream.';
const isEmbedded =
  'cannot receive new filesystem stream: incompatible embedded data stream feature with encrypted receive.';
const needsLarge =
  'cannot receive incremental stream: incremental send stream requires -L (--large-block), to match previous receive.';

const cases: readonly {
  readonly title: string;
  readonly omitted?: string;
  readonly said: string;
  readonly raw?: boolean;
  readonly isResumed?: boolean;
  /** What is left out next; undefined where the refusal is final. */
  readonly expected: string | undefined;
}[] = [
  { title: 'a pool that lacks a feature: first without compression', said: poolLacks, expected: '-e -c' },
  { title: 'then without large blocks', omitted: '-e -c', said: poolLacks, expected: '-e -c -L' },
  { title: 'then without -s', omitted: '-e -c -L', said: poolLacks, expected: '-e -c -L -s' },
  { title: 'then there is nothing left', omitted: '-e -c -L -s', said: poolLacks, expected: undefined },
  { title: 'what was left out before stays so', omitted: '-e', said: poolLacks, expected: '-e -c' },
  { title: 'a raw stream needs what it needs', said: poolLacks, raw: true, expected: undefined },
  {
    title: 'a token has its options in it',
    said: poolLacks,
    isResumed: true,
    expected: undefined,
  },
  { title: 'what becomes encrypted takes no embedded blocks', said: isEmbedded, expected: '-e' },
  { title: 'that is said of other faults, too', omitted: '-e', said: isEmbedded, expected: undefined },
  { title: 'a copy with large blocks goes on with -L', omitted: '-L', said: needsLarge, expected: '' },
  { title: 'unless the pool has refused that', omitted: '-e -c -L', said: needsLarge, expected: undefined },
  { title: 'a refusal of another kind', said: 'cannot receive: dataset is busy', expected: undefined },
];

for (const { title, omitted = '', said, raw = false, isResumed = false, expected } of cases) {
  test(`options after a refusal: ${title}`, () => {
    const before = omitted.split(' ').filter((word) => word !== '') as StreamOption[];
    const after = adaptOptions(before, { raw, isResumed }, findStreamRefusal(said));
    assert.equal(after?.join(' '), expected);
  });
}
