import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { openScreen, prefixScreen, type Screen } from '../../../src/report/terminal/screen.js';

/** A screen, and what has been written to it since it was last asked. */
function open(
  isTTY = false,
  isAsking = (): boolean => false,
): { screen: Screen; read: () => string; readErrors: () => string } {
  const [stdout, stderr] = [Object.assign(new PassThrough(), { isTTY }), new PassThrough()];
  const read = (stream: PassThrough) => () => String(stream.read() ?? '');
  return { screen: openScreen({ stdout, stderr, isAsking }), read: read(stdout), readErrors: read(stderr) };
}

test('every line of a part begins with its prefix, and empty ones stay empty', () => {
  const { screen, read, readErrors } = open();
  const part = prefixScreen(screen, 'b  ');
  part.print('done');
  part.printError('zfs-vm: lost\n  try: again\n\n');
  assert.equal(read(), 'b  done\n');
  assert.equal(readErrors(), 'b  zfs-vm: lost\nb    try: again\n\n');
});

test('what several show stands together below lasting lines, until each is hidden', (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { screen, read } = open(true);
  const [b, c] = [prefixScreen(screen, 'b  '), prefixScreen(screen, 'c  ')];
  const [drawB, drawC] = [() => ['10%'], () => ['20%']];
  b.show(drawB);
  c.show(drawC);
  t.mock.timers.tick(200);
  assert.match(read(), /b {2}10%.*\n.*c {2}20%/);
  b.hide(drawB);
  t.mock.timers.tick(200);
  const rest = read();
  assert.match(rest, /c {2}20%/);
  assert.doesNotMatch(rest, /10%/);
  c.hide(drawC);
  read();
  t.mock.timers.tick(1000);
  assert.equal(read(), '');
});

test('while somebody is asked nothing is redrawn, and nothing wipes the question', (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let isAsking = false;
  const { screen, read, readErrors } = open(true, () => isAsking);
  screen.show(() => ['10%']);
  t.mock.timers.tick(200);
  assert.match(read(), /10%/);
  isAsking = true;
  screen.printError('zfs-vm: c is lost\n');
  assert.equal(readErrors(), 'zfs-vm: c is lost\n');
  t.mock.timers.tick(1000);
  assert.equal(read(), '');
  isAsking = false;
  t.mock.timers.tick(200);
  // Below the question: nothing is moved up over it.
  assert.match(read(), /^10%[^A]*$/);
});
