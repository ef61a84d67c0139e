import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { toRemoteCommand } from '../../../src/host/ssh/remote-command.js';

/** Runs a command line as sshd would with this login shell, and gives the words that arrived. */
function wordsThrough(shell: string, words: readonly string[]): string[] {
  // Marks the end of each word by a byte that no word has.
  const command = toRemoteCommand(['/bin/sh', '-c', 'printf "%s\\001" "$@"', 'sh', ...words]);
  const { stdout, stderr, status } = spawnSync(shell, ['-c', command], { encoding: 'utf8' });
  assert.equal(status, 0, `${stderr} of ${command}`);
  return stdout.split('\u0001').slice(0, -1);
}

function isThere(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

const hardWords = [
  '',
  ' ',
  'plain',
  "it's",
  'say "hi"',
  'back\\slash',
  '\\',
  "\\'",
  '\\0101',
  '%s%d%%',
  'bang!',
  '!!',
  'a\nb',
  '\n',
  'trailing\n\n',
  '\t',
  '\r\n',
  '$HOME `id` $(id)',
  '*',
  '?',
  '~',
  '~root',
  '=ls',
  '{a,b}',
  '#',
  '-n',
  '--',
  '&',
  ';',
  '|',
  '<',
  '>',
  '^',
  '@zfs-vm:debian-7:1',
  'é日本🙂',
  '\u001b[31m',
  '\u007f',
  'if [ "$1" = \'x\' ]; then\n  printf \'%s\\n\' "a\\\\b!"\nfi\n',
];

const anyWord = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((word) => word.replaceAll('\0', '').replaceAll('\u0001', ''));

// The csh that is no tcsh takes no word of more than a kilobyte.
for (const shell of ['sh', 'dash', 'bash', 'zsh', 'ksh', 'tcsh', 'fish']) {
  const skip = isThere(shell) ? false : `${shell} isn't installed here`;

  test(`every kind of word arrives as it is through ${shell}`, { skip }, () => {
    assert.deepEqual(wordsThrough(shell, hardWords), hardWords);
  });

  test(`random words arrive as they are through ${shell}`, { skip }, () => {
    fc.assert(
      fc.property(fc.array(anyWord, { minLength: 1, maxLength: 8 }), (words) => {
        assert.deepEqual(wordsThrough(shell, words), words);
      }),
      { numRuns: shell === 'sh' ? 60 : 15 },
    );
  });

  test(`a script of many lines arrives as it is through ${shell}`, { skip }, () => {
    const script = "printf '%s\\n' \"it's\"; exit 0 # a line!\n".repeat(500);
    assert.deepEqual(wordsThrough(shell, [script]), [script]);
  });
}

test('simple words stay readable', () => {
  assert.match(
    toRemoteCommand(['zfs', 'list', '-o', 'name,guid', 'tank/a b']),
    / sh zfs list -o name,guid 'tank\/a b'$/,
  );
});

test('the command line is printable ASCII only, whatever the words are', () => {
  fc.assert(
    fc.property(fc.array(anyWord, { minLength: 1 }), (words) => {
      assert.match(toRemoteCommand(words), /^[ -~]*$/);
    }),
  );
});

test('programs in the sbin folders are found', () => {
  const { stdout } = spawnSync('/bin/sh', ['-c', toRemoteCommand(['sh', '-c', 'echo "$PATH"'])], {
    encoding: 'utf8',
    env: { PATH: '/bin:/usr/bin' },
  });
  assert.equal(stdout, '/bin:/usr/bin:/usr/local/sbin:/usr/sbin:/sbin\n');
});

test('a program that is not there exits with 127', () => {
  assert.equal(spawnSync('/bin/sh', ['-c', toRemoteCommand(['no-such-program-anywhere'])]).status, 127);
});

test('a word with NUL is refused', () => {
  assert.throws(() => toRemoteCommand(['echo', 'a\0b']), { kind: 'failed' });
});

test('a word that is not valid Unicode is refused, since it could not arrive as it is', () => {
  assert.throws(() => toRemoteCommand(['echo', '\ud800']), { kind: 'failed' });
});

test('a command line too long for a shell to get is refused', () => {
  assert.throws(() => toRemoteCommand(['echo', 'x'.repeat(140_000)]), {
    kind: 'failed',
    message: /too long/,
  });
});

test('a command without words is refused', () => {
  assert.throws(() => toRemoteCommand([]), { kind: 'failed' });
});
