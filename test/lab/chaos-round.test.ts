import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from './chaos-faults.js';
import { chooseRound, describeRound } from './chaos-round.js';

test('a seed gives the same round each time', () => {
  for (let seed = 0; seed < 50; seed++) assert.deepEqual(chooseRound(seed), chooseRound(seed));
});

test('seeds that follow each other go through all the faults', () => {
  const struck = faults.map((_, index) => chooseRound(1000 + index).fault);
  assert.deepEqual(new Set(struck), new Set(faults));
});

test('many rounds have every way of every fault, both directions and both transports', () => {
  const rounds = Array.from({ length: 100 * faults.length }, (_, seed) => chooseRound(seed));
  for (const fault of faults) {
    const own = rounds.filter((round) => round.fault === fault);
    assert.deepEqual(new Set(own.map(({ way }) => way)), new Set(Object.keys(fault.ways)));
    assert.equal(new Set(own.map(({ direction }) => direction)).size, 2);
    assert.equal(new Set(own.map(({ transport }) => transport)).size, fault.transport === undefined ? 2 : 1);
  }
});

test('the line of a round says what is run and what goes wrong, when', () => {
  assert.match(
    describeRound(chooseRound(7)),
    /^[ab]\$ zfs-vm --transport .* root@[ab] \(db is a .*\); .+, .+, [0-9.]+ s after the (start|first bytes)$/,
  );
});
