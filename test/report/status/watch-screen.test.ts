import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatWatchScreen } from '../../../src/report/status/watch-screen.js';

/** The lines of a screen without what moves the cursor. */
function linesOf(screen: string): string[] {
  const controls = ['H', 'J', 'K'].map((letter) => `\u001B[${letter}`);
  return controls
    .reduce((text, control) => text.replaceAll(control, ''), screen)
    .trimEnd()
    .split('\n');
}

test('a screen has a title and lines, and ends what was on them before', () => {
  const screen = formatWatchScreen('title', ['one', 'two'], { columns: 80, rows: 24 });
  assert.deepEqual(linesOf(screen), ['title', 'one', 'two']);
  assert.ok(screen.startsWith('\u001B[H') && screen.endsWith('\u001B[J'));
  assert.equal(screen.split('\u001B[K').length, 4);
});

test('what does not fit is cut, and counted', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index} ${'x'.repeat(100)}`);
  const shown = linesOf(formatWatchScreen('title', lines, { columns: 60, rows: 10 }));
  assert.equal(shown.length, 9);
  assert.ok(shown.every((line) => line.length < 60));
  assert.equal(shown.at(-1), '… 33 more lines');
});
