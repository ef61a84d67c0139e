import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeCounter } from '../../src/streamline/change-counter.js';
import type { ChangeKind } from '../../src/zfs/diff.js';

function count(paths: Iterable<string>, kind: ChangeKind = 'added'): ReturnType<ChangeCounter['summarize']> {
  const counter = new ChangeCounter();
  for (const path of paths) counter.add({ kind, type: 'file', path, newPath: undefined });
  return counter.summarize();
}

test('changes are counted by their kinds', () => {
  assert.deepEqual(count(['/a', '/b'], 'renamed').counts, { added: 0, removed: 0, modified: 0, renamed: 2 });
});

test('the folders in which most changed come first, two levels deep at most', () => {
  const paths = ['/', '/motd', '/etc/passwd', '/var/lib/dpkg/status', '/var/lib/x', '/var/lib/dpkg/y/z'];
  assert.deepEqual(count(paths).folders, [
    { path: '/var/lib', changes: 3 },
    { path: '/', changes: 2 },
    { path: '/etc', changes: 1 },
  ]);
});

test('of very many folders, the later ones count for those above, so that memory has an end', () => {
  function* paths(): Generator<string> {
    yield '/home/x';
    for (let number = 0; number < 30_000; number++) yield `/home/user${number}/file`;
  }
  const [first] = count(paths()).folders;
  assert.deepEqual(first, { path: '/home', changes: 20_002 });
});
