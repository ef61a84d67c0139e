import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host, HostProcess, StartOptions } from '../../src/host/host.js';
import { LocalHost } from '../../src/host/local-host.js';
import { findRemotePipe } from '../../src/host/remote-pipe.js';
import { runCommand } from '../../src/host/run-command.js';
import { startPiped, type PipedCommands } from '../../src/host/piped-commands.js';
import { ViaHost } from '../../src/host/via-host.js';
import { drain, type Outcome } from './ssh2/ssh-world.js';

/** A place between us and the other host, whose ssh is a shell script; this machine stands for both. */
class Between extends LocalHost {
  override readonly joinsPipes = false;
  readonly folder: string;
  readonly started: HostProcess[] = [];

  /** @param ssh runs the command, which is in `$command` */
  constructor(t: TestContext, ssh = 'exec sh -c "$command"') {
    super();
    this.folder = mkdtempSync(join(tmpdir(), 'via-host-'));
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" > "$0.words"; for command in "$@"; do :; done\n${ssh}\n`;
    writeFileSync(join(this.folder, 'ssh'), script);
    chmodSync(join(this.folder, 'ssh'), 0o755);
    const { PATH } = process.env;
    process.env['PATH'] = `${this.folder}${delimiter}${PATH ?? ''}`;
    t.after(() => {
      process.env['PATH'] = PATH;
      rmSync(this.folder, { recursive: true });
    });
  }

  override async start(argv: readonly string[], options?: StartOptions): Promise<HostProcess> {
    const started = await super.start(argv, options);
    this.started.push(started);
    return started;
  }
}

const signal = new AbortController().signal;

/** Runs two commands joined by a pipe between two hosts to their ends. */
async function runPiped(
  [writer, reader]: readonly [Host, Host],
  writing: string,
  reading: string,
): Promise<[Outcome, Outcome]> {
  const start = findRemotePipe(writer, reader);
  assert.ok(start);
  const both = await start(['sh', '-c', writing], ['sh', '-c', reading], { signal });
  return Promise.all([drain(both.writer), drain(both.reader)]);
}

test('words reach a command as they are, by an ssh that asks nobody, and noise before it is no part of what it says', async (t) => {
  const between = new Between(t, 'echo Banner >&2; echo hello >&2; exec sh -c "$command"');
  const host = new ViaHost('joe@box', between);
  const words = ["it's", '$HOME', 'two\nlines', 'ä!', ''];
  const { stdout, stderr, exit } = await runCommand(
    host,
    ['sh', '-c', `printf '<%s>' "$@"; echo oops >&2; exit 3`, 'sh', ...words],
    { input: 'unread' },
  );
  assert.equal(stdout, words.map((word) => `<${word}>`).join(''));
  assert.equal(stderr, 'oops\n');
  assert.deepEqual(exit, { kind: 'exited', code: 3 });
  const called = readFileSync(join(between.folder, 'ssh.words'), 'utf8');
  assert.match(called, /^-T\n.*\nBatchMode=yes\n.*\n-l\njoe\n--\nbox\n/s);
});

test('what a command reads is passed to it', async (t) => {
  const { stdout } = await runCommand(new ViaHost('box', new Between(t)), ['cat'], { input: 'some\ntext' });
  assert.equal(stdout, 'some\ntext');
});

test('an ssh that does not get in is an error with its words, and says what to do', async (t) => {
  const between = new Between(
    t,
    'echo "Warning: so it is" >&2; echo "Host key verification failed." >&2; exit 255',
  );
  const host = new ViaHost('root@box', between);
  const expected = {
    kind: 'connection',
    message: 'local cannot connect to root@box: Host key verification failed.',
    details: ['ssh: Warning: so it is'],
    hint: /"ssh root@box" logs in without asking anything/,
  };
  await assert.rejects(host.start(['true']), expected);
  await assert.rejects(runPiped([between, host], 'cat /dev/zero', 'cat'), expected);
});

test('a command whose connection breaks is lost, with what ssh said', async (t) => {
  const ssh = 'sh -c "$command"; echo "client_loop: send disconnect: Broken pipe" >&2; exit 255';
  const between = new Between(t, ssh);
  const host = new ViaHost('box', between);
  const lost = {
    kind: 'lost',
    reason: 'connection from local to box lost: client_loop: send disconnect: Broken pipe',
  };
  assert.deepEqual((await runCommand(host, ['echo', 'hello'])).exit, lost);
  const [, reader] = await runPiped([between, host], 'echo data', 'cat');
  assert.deepEqual(reader.exit, lost);
});

test('an ssh that prints without end, and never gets in, is ended', async (t) => {
  const host = new ViaHost('box', new Between(t, 'exec yes >&2'));
  await assert.rejects(host.start(['true']), { kind: 'connection', message: /cannot connect to box: y$/ });
});

test('connecting can be stopped', async (t) => {
  const host = new ViaHost('box', new Between(t, 'exec sleep 60'));
  const abort = new AbortController();
  const starting = host.start(['true'], { signal: abort.signal });
  setTimeout(() => {
    abort.abort();
  }, 50);
  await assert.rejects(starting, { kind: 'interrupted' });
});

test('a command writes into one of the other host, and how each ended and what it said is told apart', async (t) => {
  const between = new Between(t);
  const [writer, reader] = await runPiped(
    [between, new ViaHost('box', between)],
    'head -c 3000000 /dev/zero; echo sent >&2; exit 4',
    'wc -c; echo got >&2; exit 5',
  );
  assert.deepEqual(
    { ...writer, stderr: writer.stderr.trim() },
    {
      ...{ stdout: '', stderr: 'sent' },
      exit: { kind: 'exited', code: 4 },
    },
  );
  assert.equal(reader.stdout.trim(), '3000000\ngot');
  assert.deepEqual(reader.exit, { kind: 'exited', code: 5 });
});

test('a reader that ends early ends its writer', async (t) => {
  const between = new Between(t);
  const [writer, reader] = await runPiped(
    [between, new ViaHost('box', between)],
    'exec cat /dev/zero',
    'exit 6',
  );
  assert.deepEqual(reader.exit, { kind: 'exited', code: 6 });
  assert.deepEqual(writer.exit, { kind: 'exited', code: 141 });
});

/** A pipe that would run for a minute, and the files that both ends leave when they are ended by nothing but the pipe. */
async function startLong(between: Between, abort = new AbortController()): Promise<PipedCommands> {
  const reader = `cat >/dev/null; : > ${between.folder}/saw-end`;
  return startPiped(between, ['sleep', '60'], ['sh', '-c', reader], { signal: abort.signal });
}

/** Waits until nothing runs any more that has this folder's name in its words. */
async function waitUntilNothingRuns({ folder }: Between): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const { stdout } = await runCommand(new LocalHost(), ['ps', 'axo', 'args']);
    const left = stdout.split('\n').filter((line) => line.includes(folder));
    if (left.length === 0) return;
    assert.ok(performance.now() < deadline, left.join('\n'));
    await wait(50);
  }
}

test('when we are gone, both ends are ended', async (t) => {
  const between = new Between(t);
  const both = await startLong(between);
  await wait(100);
  // All that is known there of a connection that has ended.
  between.started[0]?.stdin.destroy();
  const [writer, reader] = await Promise.all([drain(both.writer), drain(both.reader)]);
  assert.deepEqual(writer.exit, { kind: 'signalled', signal: 'SIGTERM' });
  assert.deepEqual(reader.exit, { kind: 'signalled', signal: 'SIGTERM' });
  await waitUntilNothingRuns(between);
  assert.ok(!existsSync(`${between.folder}/saw-end`));
});

test('when they are not wanted any more, both ends are ended', async (t) => {
  const between = new Between(t);
  const abort = new AbortController();
  const both = await startLong(between, abort);
  abort.abort();
  const [writer, reader] = await Promise.all([drain(both.writer), drain(both.reader)]);
  assert.deepEqual([writer.exit, reader.exit], [{ kind: 'stopped' }, { kind: 'stopped' }]);
  await waitUntilNothingRuns(between);
});

test('two hosts that have no machine in common do not meet', (t) => {
  const [one, other] = [new Between(t), new Between(t)];
  assert.equal(findRemotePipe(one, other), undefined);
  assert.equal(findRemotePipe(one, new ViaHost('box', other)), undefined);
  assert.equal(findRemotePipe(new LocalHost(), new LocalHost()), undefined);
});
