import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Dataset, Snapshot } from '../../src/streamline/dataset.js';
import { GuidIndex } from '../../src/streamline/guid-index.js';

function snapshotOf(dataset: string, guid: bigint): Snapshot {
  return { kind: 'snapshot', dataset, name: String(guid), guid, createtxg: 1, tag: undefined };
}

function datasetOf(name: string, guids: readonly bigint[]): Dataset {
  return {
    ...{
      name,
      type: 'filesystem',
      origin: undefined,
      encrypted: false,
      writtenBytes: 0,
      madeAtSeconds: 0,
      partial: undefined,
      guid: undefined,
      encryptionRoot: undefined,
      keyStatus: undefined,
      role: undefined,
      isGround: false,
    },
    snapshots: guids.map((guid) => snapshotOf(name, guid)),
    bookmarks: [],
  };
}

// Few different ones, of which many have the same lower half, or the same place in a small table.
const guids = fc.constantFrom(1n, 2n, 1n << 32n, (1n << 32n) + 1n, 8n, 16n, (1n << 64n) - 1n);
const deeds = fc.record({
  kind: fc.constantFrom('add', 'remove'),
  guid: guids,
  dataset: fc.constantFrom('tank/a', 'tank/b', 'tank/c'),
});

test('an index finds what a plain list has, in its order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(guids), fc.uniqueArray(guids), fc.array(deeds), (ofA, ofB, list) => {
      const datasets = [datasetOf('tank/a', ofA), datasetOf('tank/b', ofB)];
      const index = new GuidIndex(new Map(datasets.map((dataset) => [dataset.name, dataset])));
      let expected = datasets.flatMap(({ snapshots }) => snapshots);
      for (const { kind, guid, dataset } of list) {
        if (kind === 'add') {
          const snapshot = snapshotOf(dataset, guid);
          index.add(snapshot);
          expected = [...expected, snapshot];
        } else {
          index.remove(guid, dataset);
          expected = expected.filter((each) => each.guid !== guid || each.dataset !== dataset);
        }
        const found = expected.filter((each) => each.guid === guid);
        assert.deepEqual(index.find(guid), found);
        assert.equal(index.has(guid), found.length > 0);
      }
    }),
  );
});

test('an empty index has nothing', () => {
  assert.equal(new GuidIndex(new Map()).has(1n), false);
});

test('GUIDs that differ in their last bit only are two, also where a number would be the same for both', () => {
  const guid = (1n << 63n) + 2n;
  const index = new GuidIndex(new Map([['tank/a', datasetOf('tank/a', [guid])]]));
  assert.equal(index.has(guid), true);
  assert.equal(index.has(guid + 1n), false);
});
