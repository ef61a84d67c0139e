import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../src/host/endpoint.js';
import { LocalHost } from '../../../src/host/local-host.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import type { Chain } from '../../../src/plan/plan.js';
import { LargeChains } from '../../../src/transfer/around/large-chains.js';
import { world } from '../../worlds.js';

const { signal } = new AbortController();
const mebibyte = 2 ** 20;

function makeChains(sender: readonly string[], receiver: readonly string[] = ['tank:']): readonly Chain[] {
  const request = { choice: { patterns: [], latest: false }, destination: undefined };
  const sides = { sender: world(...sender), receiver: world(...receiver) };
  return planTransfer({ ...request, ...sides, rollback: false, replace: false }).chains;
}

/**
 * A sender whose zfs knows how much each dataset refers to, in MiB, and ends with 1, as where one of those that were asked for isn't there.
 * It estimates increments by the snapshots that they bring, in MiB, and fails for others.
 */
function senderOf(
  sizes: Readonly<Record<string, number>>,
  increments: Readonly<Record<string, number>> = {},
): Endpoint {
  const lines = Object.entries(sizes).map(([name, size]) => `${name}\\t${size * mebibyte}\\n`);
  const estimates = Object.entries(increments).map(
    ([name, size]) => `'${name}') printf 'size\\t${size * mebibyte}\\n'; exit ;;`,
  );
  const script = `
    [ "$1" = send ] || { printf '${lines.join('')}'; exit 1; }
    for last; do :; done
    case $last in ${estimates.join(' ')} esac
    exit 1`;
  return { host: new LocalHost(), zfs: ['sh', '-c', script, 'zfs'] };
}

test('whole datasets of 32 MiB or more are large, and so are many small ones together, or for several receivers', async () => {
  const chains = makeChains(['tank/large: l:1', 'tank/s1: s:1', 'tank/s2: t:1', 'tank/many: m:1 m:2 m:3']);
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

for (const [title, increments, isLarge] of [
  ['a small increment to a large dataset is small', { 'tank/vm@zfs-vm:web:2': 1 }, false],
  ['a large one is large', { 'tank/vm@zfs-vm:web:2': 40 }, true],
  ['one that zfs does not estimate may be as large as the dataset', {}, true],
] as const) {
  test(title, async () => {
    const chains = makeChains(['tank/vm: web:1 web:2'], ['tank/vm: web:1']);
    const sender = senderOf({ 'tank/vm': 500 }, increments);
    assert.equal(await new LargeChains(sender, chains, 1, signal).areLarge(chains), isLarge);
  });
}

test('what nobody could tell the size of counts as small', async () => {
  const chains = makeChains(['tank/a: l:1']);
  const unusable = { host: new LocalHost(), zfs: ['false'] };
  assert.equal(await new LargeChains(unusable, chains, 1, signal).areLarge(chains), false);
  assert.equal(await new LargeChains(senderOf({}), chains, 1, signal).areLarge(chains), false);
});
