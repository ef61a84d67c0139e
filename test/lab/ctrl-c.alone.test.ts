import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { SlowPush, waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';
import { waitOn } from './wait-on.js';

const lab = useClientLab();
const push = new SlowPush(lab);

/** How long a push may take to end. */
const limitMs = 2000;

beforeEach(() => push.prepare());

afterEach(() => lab.a.setLink({}));

for (const target of ['root@b', 'fjoe@b']) {
  test(`Ctrl-C stops a push to ${target} within two seconds and leaves no process`, async () => {
    const { a, b } = lab;
    await push.start(target);
    const { status, tookMs, output } = await push.interrupt();
    assert.equal(status, 130, output);
    assert.ok(tookMs < limitMs, `it took ${tookMs} ms`);
    assert.match(output, /interrupted/);
    await waitUntilQuiet(a, 2000);
    await waitUntilQuiet(b, 2000);
    assert.equal((await b.run('zfs list -H -t snapshot -o name', { check: false })).stdout, '');
  });
}

test('Ctrl-C stops a push from a machine that is not emulated within two seconds, and leaves no process', async () => {
  const { a, b, outside } = lab;
  await outside.run(
    `rm -f ~/push*
    (sh -c 'echo $$ > ~/push.pid; exec zfs-vm push --bwlimit 500K -d tank/vm root@b' > ~/push 2>&1
     echo $? > ~/push.status) > /dev/null 2>&1 &`,
  );
  const deadline = Date.now() + 60_000;
  while (!(await waitOn(b, 'zfs list tank/vm/ct > /dev/null 2>&1'))) {
    assert.ok(Date.now() < deadline, 'the push does not begin');
  }
  const began = Date.now();
  const { stdout } = await outside.run(
    'kill -INT $(cat ~/push.pid); while [ ! -s ~/push.status ]; do sleep 0.02; done; cat ~/push.status ~/push',
  );
  const tookMs = Date.now() - began;
  assert.match(stdout, /^130\n[^]*interrupted by SIGINT/);
  assert.ok(tookMs < limitMs, `it took ${tookMs} ms`);
  // We are gone long before emulated hosts have noticed it.
  await waitUntilQuiet(a, 10_000);
  await waitUntilQuiet(b, 10_000);
});
