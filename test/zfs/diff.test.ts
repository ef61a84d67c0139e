import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiffReader } from '../../src/zfs/diff.js';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';

// zfs diff -F -H tank/src@1 tank/src@2   (OpenZFS 2.1.11 and 2.3.2)
const output = [
  'M\tF\t/tank/src/hi',
  '-\tF\t/tank/src/gone',
  'R\tF\t/tank/src/ren\t/tank/src/dir/ren\\0040ne\\0134w',
  'M\tF\t/tank/src/hl\t(+1)',
  '+\t|\t/tank/src/fifo',
  '+\t@\t/tank/src/sym',
  '+\tF\t/tank/src/new\\0012\\0303\\0244\\0001line',
  '+\tF\t/tank/src/bad\\0377',
  '+\tF\t/tank/src/a\\0040->\\0040b',
  'M\t/\t/tank/src/',
];

test('changes are read with their types, paths below the root, and names as they are', () => {
  const reader = new DiffReader('/tank/src');
  assert.deepEqual(
    output.map((line) => {
      const { kind, type, path, newPath } = reader.read(line);
      return [kind, type, path, ...(newPath === undefined ? [] : [newPath])];
    }),
    [
      ['modified', 'file', '/hi'],
      ['removed', 'file', '/gone'],
      ['renamed', 'file', '/ren', '/dir/ren ne\\w'],
      ['modified', 'file', '/hl'],
      ['added', 'fifo', '/fifo'],
      ['added', 'symlink', '/sym'],
      ['added', 'file', '/new\n\u00E4\u0001line'],
      ['added', 'file', '/bad\uFFFD'],
      ['added', 'file', '/a -> b'],
      ['modified', 'directory', '/'],
    ],
  );
});

test('a filesystem that is mounted at the root of all has its paths as they are', () => {
  assert.equal(new DiffReader('/').read('+\tF\t/etc/motd').path, '/etc/motd');
});

test('a root with a space and letters of another alphabet is taken off', () => {
  const line = '+\tF\t/srv/m\\0303\\0266\\0040nt/f';
  assert.equal(new DiffReader('/srv/m\u00F6 nt').read(line).path, '/f');
});

for (const [what, line] of [
  ['another kind', 'X\tF\t/tank/src/a'],
  ['another type', 'M\tx\t/tank/src/a'],
  ['no path', 'M\tF'],
  ['a path elsewhere', 'M\tF\t/tank/srcs/a'],
  ['a rename to nowhere', 'R\tF\t/tank/src/a'],
  ['a new path without a rename', 'M\tF\t/tank/src/a\t/tank/src/b'],
  ['a column too many', 'R\tF\t/tank/src/a\t/tank/src/b\t(+1)\t(+1)'],
  ['a space as it is', 'M\tF\t/tank/src/a b'],
  ['an escape that is cut', 'M\tF\t/tank/src/a\\004'],
  ['an escape of more than a byte', 'M\tF\t/tank/src/a\\0400'],
  ['a control character', 'M\tF\t/tank/src/\u001B[2J'],
] as const) {
  test(`a line with ${what} is refused`, () => {
    assert.throws(() => new DiffReader('/tank/src').read(line), UnreadableOutput);
  });
}
