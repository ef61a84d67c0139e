import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { findSources } from '../../../src/plan/sources.js';
import { isConclusive } from '../../../src/probe/questions/is-conclusive.js';
import { findProbes, nameReceiver } from '../../../src/probe/questions/probes.js';
import { world } from '../../worlds.js';

const everything = { patterns: [], latest: false };

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
