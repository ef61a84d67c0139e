import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalHost } from '../../src/host/local-host.js';
import { runCommand } from '../../src/host/run-command.js';

test('a command gets its words as they are, and its input', async () => {
  const words = ['a b', "it's", '$(id)', ''];
  const result = await runCommand(new LocalHost(), ['sh', '-c', 'printf "%s|" "$@"; cat', 'sh', ...words], {
    input: 'in',
  });
  assert.deepEqual(result, { exit: { kind: 'exited', code: 0 }, stdout: "a b|it's|$(id)||in", stderr: '' });
});

test('status and signal are told apart', async () => {
  const host = new LocalHost();
  assert.deepEqual((await runCommand(host, ['sh', '-c', 'exit 3'])).exit, { kind: 'exited', code: 3 });
  assert.deepEqual((await runCommand(host, ['sh', '-c', 'kill -9 $$'])).exit, {
    kind: 'signalled',
    signal: 'SIGKILL',
  });
});

test('a program that is not there exits with 127, as in a shell', async () => {
  const result = await runCommand(new LocalHost(), ['no-such-program-here'], {
    input: 'x'.repeat(1_000_000),
  });
  assert.deepEqual(result.exit, { kind: 'exited', code: 127 });
  assert.match(result.stderr, /no-such-program-here: not found/);
});

test('programs are looked for in the sbin folders too', async () => {
  const { stdout } = await runCommand(new LocalHost(), ['sh', '-c', 'echo "$PATH"']);
  assert.match(stdout, /:\/usr\/local\/sbin:\/usr\/sbin:\/sbin$/m);
});

test('aborting ends a command with all its children, also one that ignores it', async () => {
  const abort = new AbortController();
  const script = 'trap "" TERM; sleep 60 & sleep 60; wait';
  const began = performance.now();
  setTimeout(() => {
    abort.abort();
  }, 100);
  const result = await runCommand(new LocalHost(), ['sh', '-c', script], { signal: abort.signal });
  assert.equal(result.exit.kind, 'stopped');
  assert.ok(performance.now() - began < 10_000);
});

test('a command that was aborted before it began ends at once', async () => {
  const result = await runCommand(new LocalHost(), ['sleep', '60'], { signal: AbortSignal.abort() });
  assert.equal(result.exit.kind, 'stopped');
});

test('closing the host ends what runs on it', async () => {
  const host = new LocalHost();
  const running = runCommand(host, ['sleep', '60']);
  await host.close();
  assert.equal((await running).exit.kind, 'stopped');
});

test('of a long stderr the end is kept', async () => {
  const result = await runCommand(new LocalHost(), [
    'sh',
    '-c',
    'yes noise | head -c 100000 >&2; echo the end >&2',
  ]);
  assert.ok(result.stderr.length <= 8192);
  assert.match(result.stderr, /the end\n$/);
});
