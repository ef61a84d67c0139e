import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSources } from '../../../src/plan/sources.js';
import { findOpenQuestions } from '../../../src/probe/questions/open-questions.js';
import { findProbes, nameReceiver } from '../../../src/probe/questions/probes.js';
import { world } from '../../worlds.js';

const everything = { patterns: [], latest: false };

const imageAlone = nameReceiver(world('tank/vm:').values());

/** What is still asked about `tank/vm`, of which the sender has `web:1 web:2 web:3`, when it ends with a snapshot of that GUID. */
function askAbout(
  guid: bigint,
  asked: readonly string[] = [],
  name = imageSnapshots.find((snapshot) => snapshot.guid === guid)?.name ?? 'daily',
): [names: readonly string[], datasets: readonly string[]] {
  const probes = findProbes(imageSources, imageAlone, undefined) ?? [];
  const newest = new Map([['tank/vm', { guid, name }]]);
  const { names, datasets } = findOpenQuestions(probes, newest, new Set(asked));
  return [names, datasets];
}

const imageSources = findSources(world('tank/vm: web:1 @mine web:2 web:3'), everything);
const imageSnapshots = imageSources[0]?.dataset.snapshots ?? [];
const imageGuids = imageSnapshots.map(({ guid }) => guid);

test('of a copy that lags, the versions that it lacks are asked for by name', () => {
  const [first = 0n, , second = 0n] = imageGuids;
  assert.deepEqual(askAbout(first), [['tank/vm@zfs-vm:web:3', 'tank/vm@zfs-vm:web:2'], []]);
  assert.deepEqual(askAbout(second, ['tank/vm@zfs-vm:web:3']), [[], []]);
});

test('a copy that ends with a bookmark of ours is one that lags', () => {
  const sources = findSources(world('tank/vm: #web:1 web:2'), everything);
  const probes = findProbes(sources, imageAlone, undefined) ?? [];
  const { guid = 0n, name = '' } = sources[0]?.dataset.bookmarks[0] ?? {};
  const { datasets } = findOpenQuestions(probes, new Map([['tank/vm', { guid, name }]]), new Set());
  assert.deepEqual(datasets, []);
});

test('of a copy that ends with something foreign, all snapshots are asked for', () => {
  assert.deepEqual(askAbout(1n), [[], ['tank/vm']]);
});

test('so they are of one that ends with a version under another name', () => {
  const [, , , third = 0n] = imageGuids;
  assert.deepEqual(askAbout(third, ['tank/vm@zfs-vm:web:3'], 'zfs-vm:www:3'), [[], ['tank/vm']]);
});
