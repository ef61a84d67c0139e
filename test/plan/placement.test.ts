import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLikelyPlaces } from '../../src/plan/placement.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { findSources } from '../../src/plan/sources.js';
import { world } from '../worlds.js';

const everything = { patterns: [], latest: false };

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
