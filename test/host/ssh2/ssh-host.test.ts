import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { ServerChannel } from 'ssh2';
import {
  connectAs,
  connectKnown,
  drain,
  exitWith,
  makeHome,
  nameOf,
  startServer,
  urlOf,
  type TestServer,
} from './ssh-world.js';

/** Runs what it is told with a real shell, as sshd does. */
function runInShell(channel: ServerChannel, command: string): void {
  const child = spawn('/bin/sh', ['-c', command]);
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on('close', () => {
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.on('close', (code, signal) => {
    if (code === null) channel.exit((signal ?? '').slice('SIG'.length));
    else channel.exit(code);

    channel.end();
  });
}

test('a command gets its words and its input, and its outputs and exit code come back', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: runInShell }));
  const process = await host.start([
    'sh',
    '-c',
    'printf "%s|" "$@"; cat; echo oh >&2; exit 3',
    'sh',
    "it's",
    'a b',
  ]);
  process.stdin.write('in');
  assert.deepEqual(await drain(process), {
    stdout: "it's|a b|in",
    stderr: 'oh\n',
    exit: { kind: 'exited', code: 3 },
  });
});

test('a program that is not there exits with 127', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: runInShell }));
  const { exit } = await drain(await host.start(['no-such-program-anywhere']));
  assert.deepEqual(exit, { kind: 'exited', code: 127 });
});

test('a command killed by a signal is told as that', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: runInShell }));
  const { exit } = await drain(await host.start(['sh', '-c', 'kill -9 $$']));
  assert.deepEqual(exit, { kind: 'signalled', signal: 'SIGKILL' });
});

/** A way to a server, on which what passes is handled by `join`. */
async function relay(
  t: TestContext,
  server: TestServer,
  join: (near: Socket, far: Socket) => void,
): Promise<TestServer> {
  const listener = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    join(near, far);
    t.after(() => {
      for (const socket of [near, far]) socket.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => listener.close());
  return { ...server, port: (listener.address() as AddressInfo).port };
}

/** A way to a server on which its answers come in bursts, as they do to a client that is busy. */
function bunchAnswers(t: TestContext, server: TestServer): Promise<TestServer> {
  return relay(t, server, (near, far) => {
    near.pipe(far);
    let waiting: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    far.on('data', (chunk: Buffer) => {
      waiting.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(() => {
        near.write(Buffer.concat(waiting));
        waiting = [];
      }, 20);
    });
    far.on('end', () => near.end());
  });
}

/** A slow way to a server, on which what is sent waits in a long queue. */
function slowDown(t: TestContext, server: TestServer, bytesPerTenth: number): Promise<TestServer> {
  return relay(t, server, (near, far) => {
    far.pipe(near);
    const forward = async (): Promise<void> => {
      for await (const chunk of near as AsyncIterable<Buffer>) {
        far.write(chunk);
        await wait((chunk.length / bytesPerTenth) * 100);
      }
      far.end();
    };
    forward().catch(() => undefined);
  });
}

test('a host whose answers wait behind what is still to be sent is not taken for dead', async (t) => {
  // Two megabytes that may wait take ten times as long as a host may keep silent here.
  const server = await slowDown(t, await startServer(t, { onCommand: runInShell }), 40_000);
  const home = makeHome(t);
  home.know(`${nameOf(server)} ${server.hostKey}`);
  home.configure('ServerAliveInterval 1\nServerAliveCountMax 1');
  const { host } = await connectAs(home, urlOf(server));
  t.after(() => host.close());
  const process = await host.start(['cat']);
  process.stdin.write(Buffer.alloc(2_500_000));
  const { stdout, exit } = await drain(process);
  assert.deepEqual([stdout.length, exit], [2_500_000, { kind: 'exited', code: 0 }]);
});

test('how a quick command ended is known, though all of it comes with the word that it was started', async (t) => {
  const onCommand = (channel: ServerChannel): void => {
    channel.write('done\n');
    exitWith(channel, 3);
  };
  const host = await connectKnown(t, await bunchAnswers(t, await startServer(t, { onCommand })));
  const { stdout, exit } = await drain(await host.start(['true']));
  assert.deepEqual([stdout, exit], ['done\n', { kind: 'exited', code: 3 }]);
});

test('a channel that closes without a word leaves the command lost', async (t) => {
  const onCommand = (channel: ServerChannel): void => {
    channel.close();
  };
  const host = await connectKnown(t, await startServer(t, { onCommand }));
  const { exit } = await drain(await host.start(['true']));
  assert.equal(exit.kind, 'lost');
});

test('a connection that breaks leaves the command lost, with a reason, after its outputs have ended', async (t) => {
  const server = await startServer(t, {
    onCommand: (channel) => {
      channel.write('half of it');
      setTimeout(() => server.connections[0]?.end(), 50);
    },
  });
  const host = await connectKnown(t, server);
  const { stdout, exit } = await drain(await host.start(['true']));
  assert.equal(stdout, 'half of it');
  assert.ok(exit.kind === 'lost');
  assert.match(exit.reason, /connection to 127\.0\.0\.1:\d+ lost/);
});

test('nothing starts on a connection that is gone', async (t) => {
  const server = await startServer(t);
  const host = await connectKnown(t, server);
  server.connections[0]?.end();
  await wait(100);
  await assert.rejects(host.start(['true']), { kind: 'connection' });
});

test('nothing starts on a closed host', async (t) => {
  const host = await connectKnown(t, await startServer(t));
  await host.close();
  await assert.rejects(host.start(['true']), { kind: 'connection' });
});

test('closing twice does no harm', async (t) => {
  const host = await connectKnown(t, await startServer(t));
  await host.close();
  await host.close();
});

test('an aborted command is told to terminate, also when its input has ended', async (t) => {
  const messages: string[] = [];
  const host = await connectKnown(t, await startServer(t, { onMessage: (line) => messages.push(line) }));
  const abort = new AbortController();
  const process = await host.start(['sleep', '100'], { signal: abort.signal });
  process.stdin.end();
  await wait(50);
  abort.abort();
  await process.exit;
  assert.match(messages.join('\n'), /CHANNEL_REQUEST \(r:\d+, signal: TERM\)/);
});

test('an aborted command ends within a second although the host never answers', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: () => undefined }));
  const process = await host.start(['sleep', '100'], { signal: AbortSignal.timeout(50) });
  const start = performance.now();
  assert.deepEqual(await process.exit, { kind: 'stopped' });
  assert.ok(performance.now() - start < 1_000);
});

test('a command that is aborted before it starts is not started', async (t) => {
  let started = 0;
  const host = await connectKnown(t, await startServer(t, { onCommand: () => started++ }));
  await assert.rejects(host.start(['true'], { signal: AbortSignal.abort() }), { kind: 'interrupted' });
  assert.equal(started, 0);
});

test('closing the host ends the commands that still run', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: () => undefined }));
  const process = await host.start(['sleep', '100']);
  await host.close();
  assert.deepEqual(await process.exit, { kind: 'stopped' });
});

test('commands beyond MaxSessions wait until another has ended', async (t) => {
  const onCommand = (channel: ServerChannel): void => {
    setTimeout(() => {
      exitWith(channel, 0);
    }, 30);
  };
  const host = await connectKnown(t, await startServer(t, { maxSessions: 2, onCommand }));
  const outcomes = await Promise.all(
    Array.from({ length: 7 }, async () => (await drain(await host.start(['true']))).exit),
  );
  assert.deepEqual(outcomes, Array(7).fill({ kind: 'exited', code: 0 }));
});

test('a command that another one waits for is an error where that has the only channel', async (t) => {
  const host = await connectKnown(t, await startServer(t, { maxSessions: 1, onCommand: () => undefined }));
  const waiting = await host.start(['cat']);
  await assert.rejects(host.start(['true'], { waiting }), {
    kind: 'connection',
    message: /allows only one command at a time/,
  });
});

test('a host that allows no command at all is told as that', async (t) => {
  const host = await connectKnown(t, await startServer(t, { maxSessions: 0 }));
  await assert.rejects(host.start(['true']), { kind: 'connection', message: /refuses to run commands/ });
});

test('megabytes pass both ways unchanged', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: runInShell }));
  const data = Buffer.alloc(6_000_000, 'zfs-vm ');
  const process = await host.start(['cat']);
  process.stderr.resume();
  const [, received] = await Promise.all([
    pipeline(Readable.from(data.toString('latin1').match(/.{1,100000}/gs) ?? []), process.stdin),
    buffer(process.stdout),
  ]);
  assert.ok(received.equals(data));
  assert.deepEqual(await process.exit, { kind: 'exited', code: 0 });
});

test('a writer waits for a command that does not read', async (t) => {
  const onCommand = (channel: ServerChannel): void => {
    channel.pause();
  };
  const host = await connectKnown(t, await startServer(t, { onCommand }));
  const process = await host.start(['sleep', '100']);
  let written = 0;
  const chunk = Buffer.alloc(65_536);
  const write = (): void => {
    process.stdin.write(chunk, (error) => {
      if (!error) {
        written += chunk.length;
        write();
      }
    });
  };
  write();
  await wait(300);
  assert.ok(written > 0 && written < 6_000_000, `${written} bytes were taken`);
});

test('a command waits for a reader that does not read', async (t) => {
  let sent = 0;
  const onCommand = (channel: ServerChannel): void => {
    const chunk = Buffer.alloc(65_536);
    const send = (): void => {
      channel.write(chunk, () => {
        sent += chunk.length;
        send();
      });
    };
    send();
  };
  const host = await connectKnown(t, await startServer(t, { onCommand }));
  await host.start(['yes']);
  await wait(300);
  assert.ok(sent > 0 && sent < 10_000_000, `${sent} bytes were sent`);
});

test('a command that ends while it is written to fails the writer with EPIPE, and its exit code says why', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: runInShell }));
  const process = await host.start(['sh', '-c', 'head -c 10 >/dev/null; exit 5']);
  process.stdout.resume();
  process.stderr.resume();
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
    },
  });
  await assert.rejects(pipeline(endless, process.stdin), { code: 'EPIPE' });
  assert.deepEqual(await process.exit, { kind: 'exited', code: 5 });
});

test('a reader that gives up ends the command', async (t) => {
  const host = await connectKnown(t, await startServer(t, { onCommand: runInShell }));
  const process = await host.start(['yes']);
  process.stdin.end();
  process.stderr.resume();
  process.stdout.once('data', () => process.stdout.destroy());
  assert.deepEqual(await process.exit, { kind: 'stopped' });
});

test('a closed host lets the process end', async (t) => {
  const host = await connectKnown(t, await startServer(t));
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocket')).length;
  await host.close();
  await wait(20);
  const after = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocket')).length;
  assert.ok(after < before, `${before} sockets before, ${after} after`);
});
