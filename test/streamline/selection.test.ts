import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isChosenTag, matchesGlob, parsePattern } from '../../src/streamline/selection.js';
import { parseVersion } from '../../src/streamline/version.js';

function matches(pattern: string, streamline: string, version: string): boolean {
  const parsed = parsePattern(pattern);
  const parsedVersion = parseVersion(version);
  assert.ok(parsed && parsedVersion);
  return isChosenTag([parsed], { streamline, version: parsedVersion });
}

test('a name means itself and nothing else', () => {
  assert.ok(matches('debian-7', 'debian-7', '1'));
  assert.ok(!matches('debian-7', 'debian-77', '1'));
  assert.ok(!matches('debian.7', 'debian-7', '1'));
});

test('stars and question marks stand for characters', () => {
  assert.ok(matches('debian-*', 'debian-7', '1'));
  assert.ok(matches('*', 'anything', '1'));
  assert.ok(matches('d?b*n-?', 'debian-7', '1'));
  assert.ok(!matches('debian-?', 'debian-12', '1'));
});

test('a version means all up to it', () => {
  assert.ok(matches('web:10', 'web', '9'));
  assert.ok(matches('web:10', 'web', '10'));
  assert.ok(!matches('web:10', 'web', '11'));
});

test('of several patterns one has to fit, whatever was asked of them before', () => {
  const patterns = ['web:2', 'web-*', 'db', 'web:4'].flatMap((text) => parsePattern(text) ?? []);
  const fits = (streamline: string, version: string): boolean => {
    const parsed = parseVersion(version);
    assert.ok(parsed);
    return isChosenTag(patterns, { streamline, version: parsed });
  };
  for (let times = 0; times < 2; times++) {
    assert.ok(fits('web', '4') && fits('db', '9') && fits('web-2', '9'));
    assert.ok(!fits('web', '5') && !fits('d', '1') && !fits('db2', '1'));
  }
  assert.ok(isChosenTag([], { streamline: 'any', version: { kind: 'number', text: '1', value: 1n } }));
});

test('what is no pattern is refused', () => {
  for (const text of ['', ':1', 'web:', 'web:latest', 'a:1:2']) {
    assert.equal(parsePattern(text), undefined, text);
  }
});

test('a glob means what the regular expression means that says the same', () => {
  const letters = fc
    .array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 })
    .map((list) => list.join(''));
  const words = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((list) => list.join(''));
  fc.assert(
    fc.property(letters, words, (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      assert.equal(matchesGlob(pattern, text), expression.test(text));
    }),
    { numRuns: 5000 },
  );
});

test('no pattern makes it slow', () => {
  assert.equal(matchesGlob('*a'.repeat(100), 'a'.repeat(99) + 'b'.repeat(5000)), false);
});
