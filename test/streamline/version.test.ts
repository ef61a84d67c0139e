import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions, nextVersion, parseVersion, type Version } from '../../src/streamline/version.js';

function version(text: string): Version {
  const parsed = parseVersion(text);
  assert.ok(parsed, `${text} should be a version`);
  return parsed;
}

function sorted(...texts: string[]): string[] {
  return texts
    .map(version)
    .sort(compareVersions)
    .map(({ text }) => text);
}

test('whole numbers of any size and semantic versions are versions', () => {
  for (const text of ['0', '7', '123456789012345678901234567890', '1.4.0', '2.0.0-rc.1']) {
    assert.equal(parseVersion(text)?.text, text);
  }
});

test('other spellings and other texts are not', () => {
  for (const text of [
    '',
    '007',
    'v1.0.0',
    '1.0',
    '1.0.0+5',
    '-1',
    ' 1',
    '1 ',
    '1.0.0-',
    'latest',
    '1e3',
    '१',
  ]) {
    assert.equal(parseVersion(text), undefined, text);
  }
});

test('numbers are ordered as numbers, not as text', () => {
  assert.deepEqual(sorted('10', '9', '100000000000000000000000', '99999999999999999999999'), [
    '9',
    '10',
    '99999999999999999999999',
    '100000000000000000000000',
  ]);
});

test('semantic versions are ordered by precedence', () => {
  assert.deepEqual(sorted('1.10.0', '1.9.0', '2.0.0', '2.0.0-rc.10', '2.0.0-rc.9'), [
    '1.9.0',
    '1.10.0',
    '2.0.0-rc.9',
    '2.0.0-rc.10',
    '2.0.0',
  ]);
});

test('a number stands between the pre-releases and the release that it is short for', () => {
  assert.deepEqual(sorted('2.0.0', '2', '2.0.0-rc.1', '1.9.9', '2.0.1'), [
    '1.9.9',
    '2.0.0-rc.1',
    '2',
    '2.0.0',
    '2.0.1',
  ]);
});

test('the next version is the next number, patch or pre-release', () => {
  const next = (text: string): string => nextVersion(version(text))?.text ?? 'none';
  assert.equal(next('9'), '10');
  assert.equal(next('9007199254740993'), '9007199254740994');
  assert.equal(next('1.4.9'), '1.4.10');
  assert.equal(next('2.0.0-rc.1'), '2.0.0-rc.2');
});

const anyVersion = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
    fc.nat(3).map(String),
    fc
      .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.constantFrom('', '-rc', '-rc.1', '-rc.10', '-1'))
      .map(([major, minor, patch, suffix]) => `${major}.${minor}.${patch}${suffix}`),
  )
  .map(version);

test('the order is total: antisymmetric, transitive, and equal only for the same version', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0);
      assert.equal(compareVersions(a, b) === 0, a.text === b.text);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
    }),
    { numRuns: 2000 },
  );
});

test('the next version is always newer, and a version', () => {
  fc.assert(
    fc.property(anyVersion, (a) => {
      const next = nextVersion(a);
      assert.ok(next);
      assert.ok(compareVersions(next, a) > 0);
      assert.equal(parseVersion(next.text)?.text, next.text);
    }),
  );
});
