import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyLine, typeKeys } from '../../../src/host/ssh/line-editor.js';

for (const [keys, text, outcome, why] of [
  ['secret', 'secret', 'typing', 'keys are gathered until Enter'],
  ['secret\r', 'secret', 'entered', 'Enter ends the line'],
  ['secret\n', 'secret', 'entered', 'a newline ends the line'],
  ['one\rtwo', 'one', 'entered', 'keys after Enter are dropped'],
  ['secrex\u007ft\r', 'secret', 'entered', 'Backspace takes back one character'],
  ['a🙂\u007fb\r', 'ab', 'entered', 'Backspace takes back a whole character'],
  ['\u007f\u007fa\r', 'a', 'entered', 'Backspace at the start does nothing'],
  ['wrong\u0015right\r', 'right', 'entered', 'Ctrl-U takes back everything'],
  ['secr\u0003', '', 'interrupted', 'Ctrl-C forgets what was typed'],
  ['\u0004', '', 'ended', 'Ctrl-D on an empty line declines to answer'],
  ['ab\u0004c\r', 'abc', 'entered', 'Ctrl-D elsewhere does nothing'],
  ['a\tb\r', 'a\tb', 'entered', 'a tab is part of a password'],
] as const) {
  test(why, () => {
    assert.deepEqual(typeKeys(emptyLine, keys), { text, outcome });
  });
}

test('a line may come in pieces', () => {
  const line = typeKeys(typeKeys(emptyLine, 'sec'), 'ret\r');
  assert.deepEqual(line, { text: 'secret', outcome: 'entered' });
});
