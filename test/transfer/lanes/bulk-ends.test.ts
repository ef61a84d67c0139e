import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../../src/host/host.js';
import { LocalHost } from '../../../src/host/local-host.js';
import { hasBulkEnds, openBulkEnds } from '../../../src/transfer/lanes/bulk-ends.js';

test('a lane gets the connections for large streams that its ends have, and gives them back', async () => {
  const given: string[] = [];
  class BulkHost extends LocalHost {
    override close(): Promise<void> {
      given.push('back');
      return super.close();
    }
  }
  class Paired extends LocalHost {
    readonly bulk = {
      prepare: (): void => undefined,
      open: (): Promise<Host> => Promise.resolve(new BulkHost()),
    };
  }
  const plain = { host: new LocalHost(), zfs: ['zfs'] };
  const paired = { host: new Paired(), zfs: ['sudo', 'zfs'] };
  const rateLimit = undefined;
  assert.equal(hasBulkEnds({ sender: plain.host, receiver: plain.host, rateLimit }), false);
  assert.equal(hasBulkEnds({ sender: plain.host, receiver: paired.host, rateLimit }), true);
  const ends = await openBulkEnds(plain, paired);
  assert.equal(ends.sender.host, plain.host);
  assert.ok(ends.receiver.host instanceof BulkHost);
  assert.deepEqual(ends.receiver.zfs, ['sudo', 'zfs']);
  await ends.close();
  assert.deepEqual(given, ['back']);
});
