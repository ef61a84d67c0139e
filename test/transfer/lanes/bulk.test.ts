import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../src/host/endpoint.js';
import { LocalHost } from '../../../src/host/local-host.js';
import type { Host } from '../../../src/host/host.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import type { Chain } from '../../../src/plan/plan.js';
import { hasBulkEnds, LargeChains, openBulkEnds } from '../../../src/transfer/lanes/bulk.js';
import { world } from '../../worlds.js';

const { signal } = new AbortController();
const mebibyte = 2 ** 20;

function makeChains(...lines: readonly string[]): readonly Chain[] {
  const request = { choice: { patterns: [], latest: false }, destination: undefined };
  const sides = { sender: world(...lines), receiver: world('tank:') };
  return planTransfer({ ...request, ...sides, rollback: false, replace: false }).chains;
}

/** A sender whose zfs knows how much each dataset refers to, in MiB. */
function senderOf(sizes: Readonly<Record<string, number>>): Endpoint {
  const lines = Object.entries(sizes).map(([name, size]) => `${name}\\t${size * mebibyte}\\n`);
  return { host: new LocalHost(), zfs: ['sh', '-c', `printf '${lines.join('')}'; exit 1`, 'zfs'] };
}

test('what refers to 32 MiB or more may be large, and so may many small ones together, or for many receivers', async () => {
  const chains = makeChains('tank/large: l:1', 'tank/s1: s:1', 'tank/s2: t:1', 'tank/many: m:1 m:2 m:3');
  const sender = senderOf({ 'tank/large': 32, 'tank/s1': 20, 'tank/s2': 11, 'tank/many': 11 });
  const large = new LargeChains(sender, chains, 1, signal);
  const areLarge = (...names: readonly string[]): Promise<boolean> =>
    large.areLarge(chains.filter(({ source }) => names.includes(source)));
  assert.equal(await areLarge('tank/large'), true);
  assert.equal(await areLarge('tank/s1'), false);
  assert.equal(await areLarge('tank/s1', 'tank/s2'), false);
  assert.equal(await areLarge('tank/s1', 'tank/s2', 'tank/many'), true);
  assert.equal(await areLarge('tank/many'), false);
  const forTwo = new LargeChains(sender, chains, 2, signal);
  assert.equal(await forTwo.areLarge(chains.filter(({ source }) => source === 'tank/s1')), true);
});

test('what nobody could tell the size of counts as small', async () => {
  const chains = makeChains('tank/a: l:1');
  const unusable = { host: new LocalHost(), zfs: ['false'] };
  assert.equal(await new LargeChains(unusable, chains, 1, signal).areLarge(chains), false);
  assert.equal(await new LargeChains(senderOf({}), chains, 1, signal).areLarge(chains), false);
});

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
