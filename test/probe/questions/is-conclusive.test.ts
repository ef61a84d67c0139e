import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { findSources } from '../../../src/plan/sources.js';
import { isConclusive } from '../../../src/probe/questions/is-conclusive.js';
import { findProbes, nameReceiver } from '../../../src/probe/questions/probes.js';
import type { Datasets } from '../../../src/streamline/dataset.js';
import { world } from '../../worlds.js';

const everything = { patterns: [], latest: false };

/** Whether a plan for these hosts stands, of whose receiver no more was asked than they need. */
function isConclusiveFor(sender: Datasets, receiver: Datasets): boolean {
  const probes =
    findProbes(findSources(sender, everything), nameReceiver(receiver.values()), undefined) ?? [];
  const plan = planTransfer({
    ...{ sender, receiver, choice: everything, destination: undefined, rollback: false, replace: false },
  });
  return isConclusive(plan, { probes, knowsAllDatasets: true });
}

/** Whether the plan for `tank/vm` with its `web:1 web:2` stands, when the named places of such a receiver are all that was asked. */
function isPlanConclusive(...lines: readonly string[]): boolean {
  const sender = world('tank/vm: web:1 web:2');
  const receiver = world('tank:', ...lines);
  return isConclusiveFor(sender, receiver);
}

test('that a dataset is the only one is not known before all snapshots are', () => {
  assert.equal(isPlanConclusive('tank/old/vm: web:1'), false);
});

test('what is at its place or has the role is the copy whatever else is there', () => {
  assert.equal(isPlanConclusive('tank/vm: web:1'), true);
  assert.equal(isPlanConclusive('tank/moved (copy of tank/vm): web:1'), true);
});

test('of datasets that have the newest version, only a namesake that was asked is known for the nearest', () => {
  const receiver = ['tank/vm (copy of tank/vm): web:1', 'tank/local/vm: web:1'];
  assert.equal(isConclusiveFor(world('tank:', 'x/vm: web:1'), world('x:', ...receiver)), true);
  // The image was asked for, and its backup has no namesake that has the version.
  const sender = world('tank/ct: web:1', 'tank/local/vm: web:1');
  const other = world('tank/ct (copy of tank/ct): web:1', 'tank/archive: web:1', 'tank/vm: db:1');
  assert.equal(isConclusiveFor(sender, other), false);
});
