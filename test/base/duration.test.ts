import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../src/base/duration.js';

test('a duration is a number with a unit, in seconds', () => {
  const known: [string, number][] = [
    ['90s', 90],
    ['15m', 900],
    ['26h', 93_600],
    ['30d', 2_592_000],
    ['8w', 4_838_400],
    ['1y', 31_536_000],
  ];
  for (const [text, seconds] of known) assert.equal(parseDuration(text), seconds, text);
});

test('anything else is no duration', () => {
  for (const text of ['', '30', 'd', '1.5h', '-1d', '1 d', '30D', '1h30m', '0d', '000s', '9999999999s']) {
    assert.equal(parseDuration(text), undefined, text);
  }
});
