import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFanOut, type FanOut, type ReceiverPlan } from '../../src/plan/fan-out.js';
import type { Chain } from '../../src/plan/plan.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { nameForPeople } from '../../src/streamline/dataset.js';
import { describeAfter, world } from '../worlds.js';

type World = readonly string[];

const noChoice = { patterns: [], latest: false };

/** The plan from a sender to a receiver. */
function planFor(
  sender: World,
  receiver: World,
  { destination, encoding = 'plain' }: Partial<Options> = {},
): ReceiverPlan {
  const plan = planTransfer({
    ...{ sender: world(...sender), receiver: world(...receiver), choice: noChoice, destination },
    ...{ rollback: false, replace: false },
  });
  return { plan, encoding };
}

interface Options {
  readonly destination: string;
  readonly encoding: string;
}

function describe({ source, steps }: Chain): string {
  return `${source}: ${steps.map((step) => `${step.kind} ${nameForPeople(step.to)}`).join(', ')}`;
}

/** What is shared, a line each: by whom, and what. */
function listShared({ shared }: FanOut<ReceiverPlan>): string[] {
  return shared.map(({ branches }) => {
    const [what] = new Set(branches.map(({ chain }) => describe(chain)));
    return `${branches.map(({ receiver }) => receiver).join(' ')}: ${what ?? ''}`;
  });
}

/** The chains of each receiver, with what they wait for. */
function listChains({ receivers }: FanOut<ReceiverPlan>): string[][] {
  return receivers.map(({ plan }) => plan.chains.map((chain) => `${describe(chain)}${describeAfter(chain)}`));
}

const sender = ['tank/vm: web:1 web:2 web:3'];

test('receivers that need the same share it whole', () => {
  const fanOut = planFanOut([
    planFor(sender, ['tank:']),
    planFor(sender, ['tank:']),
    planFor(sender, ['tank:']),
  ]);
  assert.deepEqual(listShared(fanOut), ['0 1 2: tank/vm: full web:1, incremental web:2, incremental web:3']);
  assert.equal(fanOut.needed.size, 0);
});

test('what is wholly shared stays the very chain that was planned', () => {
  const plans = [planFor(sender, ['tank:']), planFor(sender, ['tank:'])];
  const { receivers } = planFanOut(plans);
  assert.ok(receivers.every(({ plan }, index) => plan.chains[0] === plans[index]?.plan.chains[0]));
});

test('a place of its own, or properties, are no reason not to share', () => {
  const fanOut = planFanOut([
    planFor(sender, ['tank:']),
    planFor(sender, ['tank:'], { destination: 'tank/x' }),
  ]);
  assert.equal(fanOut.shared.length, 1);
  assert.deepEqual(
    fanOut.shared[0]?.branches.map(({ chain }) => [chain.destination, chain.parents]),
    [
      ['tank/vm', []],
      ['tank/x/vm', ['tank/x']],
    ],
  );
});

test('receivers at different versions share the end, in parts, each after the one before it', () => {
  const fanOut = planFanOut([
    planFor(sender, ['tank:']),
    planFor(sender, ['tank/vm: web:1']),
    planFor(sender, ['tank/vm: web:1 web:2']),
  ]);
  assert.deepEqual(listShared(fanOut), [
    '0 1: tank/vm: incremental web:2',
    '0 1 2: tank/vm: incremental web:3',
  ]);
  const second = 'tank/vm: incremental web:2';
  const third = 'tank/vm: incremental web:3';
  assert.deepEqual(listChains(fanOut), [
    ['tank/vm: full web:1', `${second} after tank/vm@zfs-vm:web:1`, `${third} after tank/vm@zfs-vm:web:2`],
    [second, `${third} after tank/vm@zfs-vm:web:2`],
    [third],
  ]);
  assert.deepEqual([...fanOut.needed].map(describe), ['tank/vm: full web:1']);
});

test('only the first part of a chain makes room for it and sets its properties', () => {
  const [own, shared] =
    planFanOut([planFor(sender, ['tank:'], { destination: 'tank/x' }), planFor(sender, ['tank/vm: web:1'])])
      .receivers[0]?.plan.chains ?? [];
  assert.deepEqual(own?.parents, ['tank/x']);
  assert.deepEqual([shared?.parents, shared?.preparation], [[], undefined]);
});

test("a stream that goes on with an interrupted one is nobody else's, and what follows is shared", () => {
  const fanOut = planFanOut([
    planFor(sender, ['tank/vm (partial web:2 since web:1): web:1']),
    planFor(sender, ['tank/vm: web:1']),
  ]);
  assert.deepEqual(listShared(fanOut), ['0 1: tank/vm: incremental web:3']);
  assert.deepEqual([...fanOut.needed].map(describe), ['tank/vm: resume web:2', 'tank/vm: incremental web:2']);
});

test('increments from different bases are different streams', () => {
  const latest = { ...noChoice, latest: true };
  const toPlan = (receiver: World): ReceiverPlan => ({
    plan: planTransfer({
      ...{ sender: world(...sender), receiver: world(...receiver), choice: latest, destination: undefined },
      ...{ rollback: false, replace: false },
    }),
    encoding: 'plain',
  });
  const fanOut = planFanOut([toPlan(['tank/vm: web:1']), toPlan(['tank/vm: web:1 web:2'])]);
  assert.deepEqual(fanOut.shared, []);
});

test('snapshots of one name with different content are different streams', () => {
  const fanOut = planFanOut([
    planFor(['tank/vm: web:1'], ['tank:']),
    planFor(['tank/vm: web:1~x'], ['tank:']),
  ]);
  assert.deepEqual(fanOut.shared, []);
});

test('what travels in another encoding is another stream', () => {
  const fanOut = planFanOut([
    planFor(sender, ['tank:'], { encoding: 'compressed' }),
    planFor(sender, ['tank:']),
    planFor(sender, ['tank:'], { encoding: 'compressed' }),
  ]);
  assert.deepEqual(listShared(fanOut), ['0 2: tank/vm: full web:1, incremental web:2, incremental web:3']);
});

test('what a shared clone begins from comes first, all the way back', () => {
  const withClones = [
    'tank/vm: web:1 web:2',
    'tank/c1 < tank/vm@web:2: own:1',
    'tank/c2 < tank/c1@own:1: own:2',
    'tank/else: else:1',
  ];
  const fanOut = planFanOut([
    planFor(withClones, ['tank:']),
    planFor(withClones, ['tank/vm: web:1 web:2', 'tank/c1 < tank/vm@web:2: own:1', 'tank/else: else:1']),
  ]);
  assert.deepEqual(listShared(fanOut), ['0 1: tank/c2: clone own:2']);
  assert.deepEqual([...fanOut.needed].map(({ source }) => source).sort(), ['tank/c1', 'tank/vm']);
});

test('a stream of several versions is called for in the same words for all who share it', () => {
  // So many snapshots that only a long chain is worth a stream for several versions.
  const many = Array.from({ length: 149 }, (_, index) => `@old-${index}`).join(' ');
  const long = [`tank/vm: ${many} web:1 web:2 web:3 web:4 web:5 web:6`];
  const plans = [
    planFor(long, [`tank/vm: ${many} web:1`]),
    planFor(long, [`tank/vm: ${many} web:1 web:2 web:3 web:4`]),
  ];
  const marks = ({ steps }: Chain): (boolean | undefined)[] =>
    steps.map((step) => step.kind === 'incremental' && step.sharesStream);
  assert.notDeepEqual(plans[0]?.plan.chains.flatMap(marks).slice(-2), plans[1]?.plan.chains.flatMap(marks));
  const [shared] = planFanOut(plans).shared;
  const [first, second] = shared?.branches.map(({ chain }) => marks(chain)) ?? [];
  assert.deepEqual(first?.map(Boolean), second?.map(Boolean));
});
