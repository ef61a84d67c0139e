import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findVersion, type FoundVersion } from '../../src/streamline/find-version.js';
import { parseVersion } from '../../src/streamline/version.js';
import { world } from '../worlds.js';

/** What `NAME[:VERSION]` is found to be, as text. */
function find(name: string, ...lines: readonly string[]): string[] {
  const [streamline = '', version = ''] = name.split(':');
  return describe(findVersion(world(...lines), { streamline, version: parseVersion(version) }));
}

function describe(found: FoundVersion): string[] {
  switch (found.kind) {
    case 'found':
      return found.trees.map(({ root, members }) =>
        [root.dataset, ...members.map(({ dataset }) => dataset)].join(' + '),
      );
    case 'unknown-streamline':
      return ['streamlines:', ...found.known];
    case 'unknown-version':
      return ['versions:', ...found.nearest.map(({ text }) => text)];
  }
}

test('without a version it is the newest one, on whatever dataset', () => {
  assert.deepEqual(find('web', 'tank/a: web:1 web:2', 'tank/b < tank/a@web:2: web:10'), ['tank/b']);
});

test('of copies, the one with the most versions comes first, then the one that had them first', () => {
  const lines = ['tank/z: web:1 web:2', 'tank/a: web:2', 'tank/b: web:1 web:2'];
  assert.deepEqual(find('web:2', ...lines), ['tank/z', 'tank/b', 'tank/a']);
});

test('what was tagged together is one tree, and a whole one comes before a part of it', () => {
  const lines = ['tank/part: web:1', 'tank/t: web:1', 'tank/t/b: web:1~b', 'tank/t/c/d: web:1~d'];
  assert.deepEqual(find('web:1', ...lines), ['tank/t + tank/t/b + tank/t/c/d', 'tank/part']);
});

test('a copy below its original is no member of a tree', () => {
  assert.deepEqual(find('web:1', 'tank/t: web:1', 'tank/t/backup: web:1'), ['tank/t']);
});

test('of streamlines, those with a similar name are told first', () => {
  const lines = ['tank/a: alpine:1', 'tank/b: debian-7:1', 'tank/c: debian-12:1'];
  assert.deepEqual(find('debain-7', ...lines), ['streamlines:', 'debian-7', 'debian-12', 'alpine']);
  assert.deepEqual(find('web:1', 'tank/a: @other'), ['streamlines:']);
});

test('of versions, those around the missing one are told, in their order', () => {
  const versions = [1, 2, 3, 4, 6, 7, 8, 9].map((number) => `web:${number}`).join(' ');
  assert.deepEqual(find('web:5', `tank/a: ${versions}`), ['versions:', '2', '3', '4', '6', '7', '8']);
  assert.deepEqual(find('web:99', `tank/a: ${versions}`), ['versions:', '7', '8', '9']);
});
