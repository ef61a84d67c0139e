import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLikelyPlaces } from '../../src/plan/placement.js';
import {
  findDiffering,
  findOpenQuestions,
  findProbes,
  isConclusive,
  nameReceiver,
} from '../../src/plan/probe.js';
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

const imageAlone = nameReceiver(world('tank/vm:').values());

test('the place where a copy belongs is asked, then those whose role says that they are, and no namesake', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const receiver = world(
    'tank/vm:',
    'tank/x/vm:',
    'tank/moved (copy of tank/vm):',
    'tank/z (copy of tank/db):',
  );
  const probes = findProbes(sources, nameReceiver(receiver.values()), 'tank/x') ?? [];
  const places = ['tank/x/vm', 'tank/moved'];
  assert.deepEqual(probes[0]?.places, places);
  assert.deepEqual(findDiffering(probes, new Map([['tank/x/vm@zfs-vm:web:1', 1n]])), places);
});

test('namesakes are asked where nothing is expected, and that they lag tells nothing', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const receiver = nameReceiver(world('tank/old/vm:', 'tank/z/vm:').values());
  const probes = findProbes(sources, receiver, 'tank/x') ?? [];
  assert.deepEqual(probes[0]?.places, ['tank/old/vm', 'tank/z/vm']);
  assert.deepEqual(findDiffering(probes, new Map()), []);
});

test('a place that has the newest version by its name only has to be looked at', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const probes = findProbes(sources, imageAlone, undefined) ?? [];
  const newest = sources[0]?.versions.at(-1)?.guid ?? 0n;
  assert.deepEqual(findDiffering(probes, new Map([['tank/vm@zfs-vm:web:2', newest]])), []);
  assert.deepEqual(findDiffering(probes, new Map([['tank/vm@zfs-vm:web:2', newest + 1n]])), ['tank/vm']);
});

/** What is still asked about `tank/vm`, of which the sender has `web:1 web:2 web:3`, when it ends with a snapshot of that GUID. */
function askAbout(
  guid: bigint,
  asked: readonly string[] = [],
): [names: readonly string[], datasets: readonly string[]] {
  const probes = findProbes(imageSources, imageAlone, undefined) ?? [];
  const { names, datasets } = findOpenQuestions(probes, new Map([['tank/vm', { guid }]]), new Set(asked));
  return [names, datasets];
}

const imageSources = findSources(world('tank/vm: web:1 @mine web:2 web:3'), everything);
const imageGuids = imageSources[0]?.dataset.snapshots.map(({ guid }) => guid) ?? [];

test('of a copy that lags, the versions that it lacks are asked for by name', () => {
  const [first = 0n, , second = 0n] = imageGuids;
  assert.deepEqual(askAbout(first), [['tank/vm@zfs-vm:web:3', 'tank/vm@zfs-vm:web:2'], []]);
  assert.deepEqual(askAbout(second, ['tank/vm@zfs-vm:web:3']), [[], []]);
});

test('a copy that ends with a bookmark of ours is one that lags', () => {
  const sources = findSources(world('tank/vm: #web:1 web:2'), everything);
  const probes = findProbes(sources, imageAlone, undefined) ?? [];
  const guid = sources[0]?.dataset.bookmarks[0]?.guid ?? 0n;
  const { datasets } = findOpenQuestions(probes, new Map([['tank/vm', { guid }]]), new Set());
  assert.deepEqual(datasets, []);
});

test('of a copy that ends with something foreign, all snapshots are asked for', () => {
  assert.deepEqual(askAbout(1n), [[], ['tank/vm']]);
});

/** Whether the plan for `tank/vm` with its `web:1 web:2` stands, when the named places of such a receiver are all that was asked. */
function isPlanConclusive(...lines: readonly string[]): boolean {
  const sender = world('tank/vm: web:1 web:2');
  const receiver = world('tank:', ...lines);
  const probes =
    findProbes(findSources(sender, everything), nameReceiver(receiver.values()), undefined) ?? [];
  const plan = planTransfer({
    ...{ sender, receiver, choice: everything, destination: undefined, rollback: false, replace: false },
  });
  assert.equal(plan.chains.length, 1);
  return isConclusive(plan, { probes, knowsAllDatasets: true });
}

test('that a dataset is the only one is not known before all snapshots are', () => {
  assert.equal(isPlanConclusive('tank/old/vm: web:1'), false);
});

test('what is at its place or has the role is the copy whatever else is there', () => {
  assert.equal(isPlanConclusive('tank/vm: web:1'), true);
  assert.equal(isPlanConclusive('tank/moved (copy of tank/vm): web:1'), true);
});
