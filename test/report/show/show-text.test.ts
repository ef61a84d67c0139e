import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { formatShown } from '../../../src/report/show/show-text.js';
import { isTagged } from '../../../src/streamline/dataset.js';
import type { ShowResult } from '../../../src/tasks/show/show.js';
import { world } from '../../worlds.js';

const [snapshot] = [...world('tank/images/production/subvol-1007-disk-0: web:12').values()].flatMap(
  ({ snapshots }) => snapshots.filter(isTagged),
);
assert.ok(snapshot);

const part = {
  ...{ snapshot, createdAtSeconds: 0, referencedBytes: 2 ** 33, usedBytes: 12_345_678, note: 'a note' },
  ...{ holds: ['zfs-vm:20260131T120000Z'], clones: ['tank/work/1007', 'tank/work/1008'] },
};

const result: ShowResult = {
  ...{ tag: snapshot.tag, guid: snapshot.guid, isNewest: true, versionCount: 9 },
  hosts: [
    {
      kind: 'read',
      host: 'local',
      newest: snapshot.tag,
      places: [{ parts: [part], isSame: true, isAside: false }],
    },
    { kind: 'read', host: 'offsite-with-a-long-name', newest: snapshot.tag, places: [] },
  ],
};

for (const width of [60, 80, 120]) {
  test(`a version fits ${width} columns`, () => {
    const options = { colors: new Chalk({ level: 0 }), verbose: false, nowSeconds: 259_200, width };
    const text = formatShown(result, options);
    assert.deepEqual(
      text.split('\n').filter((line) => line.length > width),
      [],
    );
    assert.match(text, /^created {2}1970-01-01 00:00 UTC, 3 d ago$/m);
    for (const word of ['1007-disk-0', '8 GiB', '11.8 MiB', 'not there; the newest', 'tank/work/1007']) {
      assert.ok(text.includes(word), word);
    }
  });
}
