import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { formatPlans } from '../../../src/commands/tell-transfer.js';
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

for (const width of [60, 80, 120]) {
  test(`a plan fits a terminal of ${width} columns, and is not broken for anything else`, () => {
    const conflicting = planTransfer({
      ...{ sender: world('tank/vm: web:1 web:2'), receiver: world('tank/vm: web:1 @mine') },
      choice: { patterns: [], latest: false },
      ...{ destination: undefined, rollback: false, replace: false },
      properties: { set: [], exclude: [], carried: new Map() },
    });
    assert.equal(conflicting.conflicts.length, 1);
    const plans = [{ ...estimated, plan: conflicting }];
    const format = (columns: number | undefined): string[] => {
      const options = { commands: false, colors: new Chalk({ level: 0 }), width: columns };
      return [...formatPlans({ plans, shared: [] }, options)].join('').split('\n');
    };
    assert.deepEqual(
      format(width).filter((line) => line.length > width),
      [],
    );
    assert.equal(format(undefined).length, 4);
  });
}

test('a plan as JSON has the properties of each chain, and whether it is compressed', () => {
  const document = JSON.parse([...formatPlanAsJson(estimated)].join('')) as {
    compress: boolean;
    chains: { properties: unknown }[];
  };
  assert.equal(document.compress, true);
  assert.deepEqual(document.chains[0]?.properties, { set: { 'user:note': 'it is' }, exclude: ['quota'] });
});
