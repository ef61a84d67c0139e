import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { formatPlanAsJson } from '../../../src/report/plan/plan-json.js';
import { formatPlanAsText } from '../../../src/report/plan/plan-text.js';
import { world } from '../../worlds.js';

const plan = planTransfer({
  ...{ sender: world('tank/vm: web:1'), receiver: world('tank:') },
  choice: { patterns: [], latest: false },
  ...{ destination: undefined, rollback: false, replace: false },
  properties: { set: [{ name: 'user:note', value: 'it is' }], exclude: ['quota'], carried: new Map() },
});
const [sender, receiver] = ['local', 'fjoe@b'].map((name) => ({ host: { name }, zfs: ['zfs'] }));
assert.ok(sender && receiver);
const estimated = { plan, sizes: new Map(), sender, receiver, compress: true };

test('a plan shows what is done to properties', () => {
  const text = [...formatPlanAsText(estimated, new Chalk({ level: 0 }))].join('');
  assert.match(text, /^tank\/vm -> fjoe@b:tank\/vm\n {2}set user:note=it is\n {2}inherit quota\n {2}web:1 /m);
});

test('a plan as JSON has the properties of each chain, and whether it is compressed', () => {
  const document = JSON.parse([...formatPlanAsJson(estimated)].join('')) as {
    compress: boolean;
    chains: { properties: unknown }[];
  };
  assert.equal(document.compress, true);
  assert.deepEqual(document.chains[0]?.properties, { set: { 'user:note': 'it is' }, exclude: ['quota'] });
});
