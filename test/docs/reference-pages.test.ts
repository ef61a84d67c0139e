import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listPages, readPage } from './pages.js';
import { makeReference } from './reference-pages.js';

const reference = makeReference();

for (const { path, text } of reference) {
  test(`${path} is what the definitions say: npm run docs writes it`, () => {
    assert.equal(readPage(path), text);
  });
}

test('no generated page is left of a command that is gone', () => {
  const paths = new Set(reference.map(({ path }) => path));
  const left = listPages().filter(
    (path) =>
      !paths.has(path) && readPage(path).startsWith('<!-- written by "npm run docs" from the definitions'),
  );
  assert.deepEqual(left, []);
});
