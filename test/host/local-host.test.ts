import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Exit } from '../../src/host/host.js';
import { ZfsVmError } from '../../src/base/errors.js';
import { LocalHost } from '../../src/host/local-host.js';
import { openPipe } from '../../src/host/pipe-ends.js';
import { runCommand } from '../../src/host/run-command.js';

/** Runs one shell script into another, their pipes joined; gives what the reader said and how both ended. */
async function join(
  writer: string,
  reader: string,
): Promise<{ readonly said: string; readonly writer: Exit; readonly reader: Exit }> {
  const host = new LocalHost();
  const pipe = await openPipe();
  assert.ok(pipe);
  const read = await host.start(['sh', '-c', reader], { input: pipe.read });
  pipe.read.close();
  const written = await host.start(['sh', '-c', writer], { output: pipe.write });
  pipe.write.close();
  const [said] = await Promise.all([text(read.stdout), text(read.stderr), text(written.stderr)]);
  return { said, writer: await written.exit, reader: await read.exit };
}

const well: Exit = { kind: 'exited', code: 0 };

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

test('more words than the system takes are an error in words', async () => {
  await assert.rejects(new LocalHost().start(['echo', 'x'.repeat(200_000)]), (error) => {
    return error instanceof ZfsVmError && /the command line of echo is too long/.test(error.message);
  });
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

test('a joined output arrives byte by byte as it was, and the reader gets its end', async () => {
  const bytes = 'i=0; while [ $i -lt 4 ]; do seq 200000; printf "\\000\\377\\r\\n"; i=$((i + 1)); done';
  const { stdout } = await runCommand(new LocalHost(), ['sh', '-c', `{ ${bytes}; } | sha256sum`]);
  assert.deepEqual(await join(bytes, 'sha256sum'), { said: stdout, writer: well, reader: well });
});

test('a writer without a reader is ended by that, as in a shell', async () => {
  const ended = await join('exec cat /dev/zero', 'head -c 100000 >/dev/null');
  assert.deepEqual(ended, { said: '', writer: { kind: 'signalled', signal: 'SIGPIPE' }, reader: well });
});

test('a writer that is killed leaves its reader with the end of the input', async () => {
  const { said } = await join('echo data; kill -9 $$', 'cat');
  assert.equal(said, 'data\n');
});

test('a writer whose reader leaves bytes unread is ended in the same way', async () => {
  const { writer } = await join('exec cat /dev/zero', 'head -c 1 >/dev/null; sleep 0.2');
  assert.deepEqual(writer, { kind: 'signalled', signal: 'SIGPIPE' });
});

test('both ends wait for each other, as programs expect of a pipe', async () => {
  const readFlags = (descriptor: number): string => `sed -n 's/^flags:\t//p' /proc/self/fdinfo/${descriptor}`;
  const flags = [await join(readFlags(1), 'cat'), await join('exit', readFlags(0))];
  for (const { said } of flags) assert.equal(Number.parseInt(said, 8) & constants.O_NONBLOCK, 0, said);
});

test('a program that is not there leaves its reader with nothing', async () => {
  const pipe = await openPipe();
  assert.ok(pipe);
  const host = new LocalHost();
  const read = await host.start(['cat'], { input: pipe.read });
  const written = await host.start(['no-such-program-here'], { output: pipe.write });
  pipe.read.close();
  pipe.write.close();
  assert.equal(await text(read.stdout), '');
  assert.deepEqual(await written.exit, { kind: 'exited', code: 127 });
});
