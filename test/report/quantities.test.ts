import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge } from '../../src/report/quantities.js';

test('an age is told in the largest unit of which it has two', () => {
  const known: [number, string][] = [
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7199, '119 min'],
    [26 * 3600, '26 h'],
    [48 * 3600, '2 d'],
    [400 * 86_400, '400 d'],
  ];
  for (const [seconds, text] of known) assert.equal(formatAge(seconds), text);
});
