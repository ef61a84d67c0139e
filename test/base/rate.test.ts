import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRate } from '../../src/base/rate.js';

test('a rate is a number of bytes, with a unit or without', () => {
  const known: [string, number][] = [
    ['1', 1],
    ['500K', 512_000],
    ['20m', 20 * 2 ** 20],
    ['1.5G', 1.5 * 2 ** 30],
    ['2T', 2 * 2 ** 40],
  ];
  for (const [text, bytes] of known) assert.equal(parseRate(text), bytes, text);
});

test('anything else is no rate', () => {
  for (const text of [
    '',
    '0',
    '0.5',
    'M',
    '20MB',
    '20 M',
    '-1M',
    '1e9',
    'Infinity',
    '0x10',
    '9'.repeat(400),
  ]) {
    assert.equal(parseRate(text), undefined, text);
  }
});
