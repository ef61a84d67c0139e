import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeNumber } from '../../src/command-line/numbers.js';

const context = { name: '--jobs', isGiven: () => false };

test('a number of an option is whole, and within the limits', () => {
  assert.equal(wholeNumber({ least: 0, example: 3 })('0', context), 0);
  assert.equal(wholeNumber({ least: 1, example: 4 })('999999', context), 999_999);
});

for (const [text, least] of [
  ['', 0],
  ['x', 0],
  ['-1', 0],
  ['1.5', 0],
  ['1e3', 0],
  ['0', 1],
  ['1000000', 0],
  ['99999999999999', 0],
] as const) {
  test(`${JSON.stringify(text)} is no number from ${least}, and both limits are told`, () => {
    assert.throws(() => wholeNumber({ least, example: 4 })(text, context), {
      kind: 'usage',
      message: `--jobs ${JSON.stringify(text)} is not a whole number from ${least} to 999999`,
      hint: 'use e.g. --jobs 4',
    });
  });
}
