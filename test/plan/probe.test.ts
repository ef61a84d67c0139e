import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDiffering, findLikelyPlaces, findProbes } from '../../src/plan/probe.js';
import { findSources } from '../../src/plan/sources.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { world } from '../worlds.js';

const everything = { patterns: [], latest: false, allSnapshots: false };

for (const destination of [undefined, 'tank/backup']) {
  test(`copies are looked for first where new ones would go, -d ${destination ?? 'left out'}`, () => {
    const sender = world(
      'tank/vm: web:1 web:2',
      'tank/vm/data: web:1~d web:2~d',
      'tank/vm/data/deep: web:2~e',
      'tank/clones/x < tank/vm@web:1: x:1',
    );
    const { chains } = planTransfer({
      ...{ sender, receiver: world('tank:'), choice: everything, destination },
      ...{ rollback: false, replace: false },
    });
    const places = findLikelyPlaces(findSources(sender, everything), destination);
    assert.deepEqual(
      [...places.values()],
      chains.map((chain) => chain.destination),
    );
    assert.equal(places.size, 4);
  });
}

test('of a place that was asked about first, all is asked for, whatever other namesakes there are', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const likely = findLikelyPlaces(sources, 'tank/x');
  const probes = findProbes(sources, new Set(['tank', 'tank/vm', 'tank/x/vm']), likely) ?? [];
  const places = ['tank/vm', 'tank/x/vm'];
  assert.deepEqual(probes[0]?.places, places);
  assert.deepEqual(findDiffering(probes, new Map([['tank/x/vm@zfs-vm:web:1', 1n]])), places);
});

test('a place that has the newest version by its name only has to be looked at', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const probes = findProbes(sources, new Set(['tank', 'tank/vm']), new Map()) ?? [];
  const newest = sources[0]?.versions.at(-1)?.guid ?? 0n;
  assert.deepEqual(findDiffering(probes, new Map([['tank/vm@zfs-vm:web:2', newest]])), []);
  assert.deepEqual(findDiffering(probes, new Map([['tank/vm@zfs-vm:web:2', newest + 1n]])), ['tank/vm']);
});
