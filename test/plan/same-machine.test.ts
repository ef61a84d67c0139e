import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameMachine, seemsSameMachine } from '../../src/plan/same-machine.js';
import { world } from '../worlds.js';

test('one machine has the same datasets by name and GUID', () => {
  assert.ok(isSameMachine(world('tank/vm: web:1'), world('tank/vm: web:1')));
  assert.ok(!isSameMachine(world('tank/vm: web:1'), world('tank/vm (guid other): web:1')));
  assert.ok(!isSameMachine(world('tank/vm: web:1'), world('tank/vm: web:1', 'tank/more:')));
  assert.ok(!isSameMachine(world(), world()));
});

test('a snapshot of the same transaction group looks like one machine, and one that was received does not', () => {
  const here = world('tank/vm: web:1 web:2');
  assert.ok(seemsSameMachine(here, world('tank/vm: web:1')));
  assert.ok(!seemsSameMachine(here, world('tank/other: db:1', 'tank/vm: web:1')));
  assert.ok(!seemsSameMachine(here, world('tank/other: web:1')));
});
