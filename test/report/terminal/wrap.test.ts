import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { wrapProse, writeProse } from '../../../src/report/terminal/wrap.js';

test('a line that is too wide is broken between words, and goes on indented', () => {
  assert.equal(
    wrapProse('conflict: web was written to\n  to resolve: choose another place\nshort\n', 20),
    'conflict: web was\n  written to\n  to resolve: choose\n    another place\nshort\n',
  );
});

test('a command in double quotes is never broken, so that it can be pasted', () => {
  assert.equal(
    wrapProse('  try: run "zfs diff tank/vm@a" on b, then again\n', 24),
    '  try: run\n    "zfs diff tank/vm@a"\n    on b, then again\n',
  );
  assert.equal(wrapProse('run "zfs diff tank/vm@a" on b\n', 10), 'run\n  "zfs diff tank/vm@a"\n  on b\n');
});

test('colours take no room, and spaces within a line stay', () => {
  const colored = '\u{1B}[33mconflict: web\u{1B}[39m';
  assert.equal(wrapProse(`${colored}\n`, 13), `${colored}\n`);
  assert.equal(wrapProse('web:1  tank/vm -> b\n', 20), 'web:1  tank/vm -> b\n');
});

test('a quote without its end breaks like any word', () => {
  assert.equal(wrapProse('it is 5" wide and long\n', 80), 'it is 5" wide and long\n');
});

for (const [what, size, expected] of [
  ['is 20 columns wide breaks lines', { isTTY: true, columns: 20 }, 'one two three four\n  five\n'],
  ['says that it has no columns does not', { isTTY: true, columns: 0 }, 'one two three four five\n'],
  ['is no terminal does not', { columns: 20 }, 'one two three four five\n'],
] as const) {
  test(`what ${what}`, () => {
    const stream = Object.assign(new PassThrough(), size);
    writeProse(stream, 'one two three four five\n');
    assert.equal(String(stream.read()), expected);
  });
}

test('a command after "try:" is in one line, whatever the width, and a hanging indentation is kept', () => {
  const line = '  try: zfs-vm push -d tank/backup/images b\n';
  assert.equal(wrapProse(line, 20), line);
  assert.equal(wrapProse('ok  zfs  one two three\n', 14, 9), 'ok  zfs  one\n         two\n         three\n');
});
