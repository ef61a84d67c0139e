import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Endpoint } from '../../src/host/endpoint.js';
import { LocalHost } from '../../src/host/local-host.js';
import { pipeStream, type PipeResult } from '../../src/transfer/pipe.js';

/** A place where "zfs" is a shell script of the test's. */
function endpoint(script: string): Endpoint {
  return { host: new LocalHost(), zfs: ['sh', '-c', script, 'zfs'] };
}

async function pipe(
  send: string,
  receive: string,
  signal = new AbortController().signal,
): Promise<PipeResult> {
  return pipeStream(endpoint(send), ['send'], endpoint(receive), ['receive'], {
    signal,
    onBytes: () => undefined,
  });
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-pipe-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('every byte arrives, and is counted', async (t) => {
  const file = join(await makeFolder(t), 'received');
  const result = await pipe('head -c 3000000 /dev/zero; printf end', `cat > ${file}`);
  assert.deepEqual(result, { kind: 'done', bytes: 3_000_003 });
  const received = await readFile(file);
  assert.equal(received.length, 3_000_003);
  assert.equal(received.subarray(-3).toString(), 'end');
});

test('a send that fails makes it fail although the receive went well', async () => {
  const result = await pipe('printf data; echo "cannot send: gone" >&2; exit 1', 'cat >/dev/null');
  assert.ok(result.kind === 'failed');
  assert.match(result.error.message, /zfs send failed with status 1: cannot send: gone/);
});

test('a receive that fails makes it fail although the send went well', async () => {
  const result = await pipe('printf data', 'cat >/dev/null; echo "cannot receive: out of space" >&2; exit 1');
  assert.ok(result.kind === 'failed');
  assert.match(result.error.message, /zfs receive failed with status 1: cannot receive: out of space/);
});

test('a receive that ends early ends the send, and its words come first', async () => {
  const result = await pipe('cat /dev/zero', 'echo "destination is busy" >&2; exit 1');
  assert.ok(result.kind === 'failed');
  assert.match(result.error.message, /zfs receive failed/);
});

test('a send that says nothing for long is ended when the receive ends', async () => {
  const result = await pipe('sleep 60', 'exit 3');
  assert.ok(result.kind === 'failed');
  assert.match(result.error.message, /zfs receive failed with status 3/);
});

test('what the other side said stands beneath the cause', async () => {
  const result = await pipe(
    'echo "send is broken" >&2; exit 1',
    'cat >/dev/null; echo "cannot receive: failed to read from stream" >&2; exit 1',
  );
  assert.ok(result.kind === 'failed');
  assert.match(result.error.message, /send is broken/);
  assert.match(result.error.details.join(), /zfs receive said: cannot receive: failed to read from stream/);
});

test('aborting ends both sides', async () => {
  const abort = new AbortController();
  setTimeout(() => {
    abort.abort();
  }, 100);
  const result = await pipe('cat /dev/zero', 'cat >/dev/null', abort.signal);
  assert.equal(result.kind, 'failed');
});

test('a lot of stderr on both sides blocks nothing', async () => {
  const noise = 'yes noise | head -c 1000000 >&2';
  const result = await pipe(`${noise}; printf data`, `${noise}; cat >/dev/null`);
  assert.deepEqual(result, { kind: 'done', bytes: 4 });
});

test('a receive that has all it needs may end before the send does', async () => {
  assert.deepEqual(await pipe('printf data; sleep 0.5', 'head -c 4 >/dev/null'), { kind: 'done', bytes: 4 });
});

test('a send that fails after the receive has ended well still fails the run', async () => {
  const result = await pipe(
    'printf data; sleep 0.3; echo "cannot send: gone" >&2; exit 1',
    'head -c 4 >/dev/null',
  );
  assert.ok(result.kind === 'failed');
  assert.match(result.error.message, /cannot send: gone/);
});
