import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { SlowPush, waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();
const push = new SlowPush(lab);

beforeEach(() => push.prepare());

afterEach(() => lab.a.setLink({}));

for (const target of ['root@b', 'fjoe@b']) {
  test(`Ctrl-C stops a push to ${target} within two seconds and leaves no process`, async () => {
    const { a, b } = lab;
    await push.start(target);
    await push.interrupt();
    const { status, tookMs, output } = await push.end();
    assert.equal(status, 130, output);
    assert.ok(tookMs < 2000, `it took ${tookMs} ms`);
    assert.match(output, /interrupted/);
    await waitUntilQuiet(a, 2000);
    await waitUntilQuiet(b, 2000);
    assert.equal((await b.run('zfs list -H -t snapshot -o name', { check: false })).stdout, '');
  });
}
