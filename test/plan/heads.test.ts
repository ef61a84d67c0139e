import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHeads } from '../../src/plan/heads.js';
import { parsePattern } from '../../src/streamline/selection.js';
import { world } from '../worlds.js';

/** The heads as `streamline: dataset`, and which versions belong to something below it, too. */
function headsOf(lines: readonly string[], ...patterns: string[]): string[] {
  const wanted = patterns.map((text) => parsePattern(text)).filter((pattern) => pattern !== undefined);
  return findHeads(world(...lines), wanted).map(
    ({ streamline, dataset, shared }) =>
      `${streamline}: ${dataset}${shared === undefined ? '' : ` shares ${shared}`}`,
  );
}

test('a streamline goes on where its newest version is', () => {
  assert.deepEqual(headsOf(['tank/web: web:1 web:2', 'tank/next < tank/web@web:2: web:3']), [
    'web: tank/next',
  ]);
  assert.deepEqual(headsOf(['tank/web: web:1 web:2', 'tank/old < tank/web@web:1:']), ['web: tank/web']);
});

test('only the streamlines that fit are meant', () => {
  const lines = ['tank/web: web:1', 'tank/db: db:1', 'tank/webmail: webmail:1'];
  assert.deepEqual(headsOf(lines), ['db: tank/db', 'web: tank/web', 'webmail: tank/webmail']);
  assert.deepEqual(headsOf(lines, 'web*'), ['web: tank/web', 'webmail: tank/webmail']);
});

test('a dataset that has gone on as a streamline that is not meant is no head', () => {
  assert.deepEqual(headsOf(['tank/a: web:1 app:2'], 'web'), []);
  assert.deepEqual(headsOf(['tank/a: web:1 app:2', 'tank/b < tank/a@web:1: web:2'], 'web'), ['web: tank/b']);
});

test('a copy is no head, whatever its name', () => {
  assert.deepEqual(headsOf(['tank/web: web:1 web:2', 'tank/a/backup: web:1 web:2']), ['web: tank/web']);
  assert.deepEqual(headsOf(['tank/web: web:1 web:2', 'tank/backup: web:1']), ['web: tank/web']);
});

test('the original is the one that was made first, whatever has been pruned, and in whatever pool', () => {
  const original = 'tank/web (made at 5): web:1 web:2';
  assert.deepEqual(headsOf(['usb/web (made at 7): web:1 web:2', original]), ['web: tank/web']);
  assert.deepEqual(headsOf(['usb/web (made at 7): web:1 web:2', 'tank/web (made at 5): web:2']), [
    'web: tank/web',
  ]);
  assert.deepEqual(headsOf(['usb/web (made at 3): web:1', original]), ['web: tank/web']);
});

test('copies to which something was written are told, and are no heads', () => {
  const copiesOf = (...lines: readonly string[]): (readonly [string, readonly string[]])[] =>
    findHeads(world(...lines), []).map(({ dataset, writtenCopies }) => [dataset, writtenCopies]);
  assert.deepEqual(copiesOf('usb/web (made at 3): web:1', 'tank/web (modified) (made at 5): web:1'), [
    ['usb/web', ['tank/web']],
  ]);
  const tree = ['usb/web: web:1', 'usb/web/data: web:1~data'];
  const restored = ['tank/web (made at 5): web:1', 'tank/web/data (modified) (made at 5): web:1~data'];
  assert.deepEqual(copiesOf(...tree, ...restored), [['usb/web', ['tank/web']]]);
  assert.deepEqual(copiesOf('tank/web: web:1 web:2', 'tank/old (modified): web:1'), [['tank/web', []]]);
});

test('a copy below its original makes no tree of it', () => {
  assert.deepEqual(headsOf(['tank/web: web:1', 'tank/web/copies/web (made at 5): web:1']), ['web: tank/web']);
});

test('a tree is told from what was tagged alone, also where its newest version is of the uppermost dataset alone', () => {
  const tree = ['tank/web: web:1 web:2', 'tank/web/data: web:1~data web:2~data'];
  assert.deepEqual(headsOf(tree), ['web: tank/web shares newest']);
  assert.deepEqual(headsOf(['tank/web: web:1 web:2', 'tank/web/data: web:1~data']), [
    'web: tank/web shares earlier',
  ]);
  assert.deepEqual(headsOf(['tank/web: web:1', 'tank/web/data: data:1']), [
    'data: tank/web/data',
    'web: tank/web',
  ]);
});

test('a dataset that went on as another streamline is not the head of the first', () => {
  assert.deepEqual(headsOf(['tank/web: web:1 web2:1']), ['web2: tank/web']);
});

test('a member of a tree that has a version of its own moves the streamline nowhere', () => {
  const lines = ['tank/web: web:1 web:2', 'tank/web/data: web:1~data web:2~data web:3'];
  assert.deepEqual(headsOf(lines), ['web: tank/web shares newest']);
});

test('a member with versions of another streamline is a member still', () => {
  const lines = ['tank/web: web:1 web:2', 'tank/web/data: web:1~data web:2~data data:1'];
  assert.deepEqual(headsOf(lines), ['data: tank/web/data', 'web: tank/web shares newest']);
});
