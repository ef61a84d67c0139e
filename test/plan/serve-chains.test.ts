import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { serveChains } from '../../src/plan/serve-chains.js';
import { fullNameOf, type Datasets } from '../../src/streamline/dataset.js';
import { world } from '../worlds.js';

/** What of a plan from `sender` to `receiver` another host would be asked to send: each step from where to where. */
function serve(sender: Datasets, receiver: Datasets, server: Datasets): string[] | undefined {
  const plan = planTransfer({
    ...{ sender, receiver, choice: { patterns: [], latest: false }, destination: 'tank/to' },
    ...{ rollback: false, replace: false },
  });
  assert.ok(plan.chains.length > 0);
  return serveChains(plan, server)?.chains.flatMap(({ steps, destination }) =>
    steps.map((step) => {
      const from = 'from' in step ? `${fullNameOf(step.from)} ` : '';
      const shared = 'sharesStream' in step ? ' with the step before' : '';
      return `${step.kind}: ${from}${fullNameOf(step.to)} -> ${destination}${shared}`;
    }),
  );
}

const empty = world('tank:');
const sender = world('tank/vm: web:1 web:2', 'tank/dev < tank/vm@web:1: dev:1');
const whole = [
  'full: tank/copy/vm@zfs-vm:web:1 -> tank/to/vm',
  'incremental: tank/copy/vm@zfs-vm:web:1 tank/copy/vm@zfs-vm:web:2 -> tank/to/vm',
  'clone: tank/copy/vm@zfs-vm:web:1 tank/copy/dev@zfs-vm:dev:1 -> tank/to/dev',
];

test('the snapshots are found by their GUIDs, whatever the datasets are called', () => {
  const server = world('tank/copy/vm: web:1 @own web:2 web:3', 'tank/copy/dev < tank/copy/vm@web:1: dev:1');
  assert.deepEqual(serve(sender, empty, server), whole);
});

test('only what is to go is sent, from what the receiver has', () => {
  const server = world('tank/copy/vm: #web:1 web:2', 'tank/copy/dev < tank/copy/vm@web:2: dev:1');
  const receiver = world('tank/to/vm: web:1', 'tank/to/dev < tank/to/vm@web:1: dev:1');
  assert.deepEqual(serve(sender, receiver, server), [
    'incremental: tank/copy/vm#zfs-vm:web:1 tank/copy/vm@zfs-vm:web:2 -> tank/to/vm',
  ]);
});

for (const [title, ...lines] of [
  ['lacks a version', 'tank/copy/vm: web:1', 'tank/copy/dev < tank/copy/vm@web:1: dev:1'],
  [
    'has a version under another name',
    'tank/copy/vm: web:1 web:2~x',
    'tank/copy/dev < tank/copy/vm@web:1: dev:1',
  ],
  ['has it as a volume', 'tank/copy/vm (volume): web:1 web:2', 'tank/copy/dev < tank/copy/vm@web:1: dev:1'],
  [
    'has it encrypted by itself',
    'tank/copy/vm (encrypted): web:1 web:2',
    'tank/copy/dev < tank/copy/vm@web:1: dev:1',
  ],
  ['has the clone as no clone of that', 'tank/copy/vm: web:2', 'tank/copy/dev: dev:1'],
] as const) {
  test(`a host that ${title} serves nobody`, () => {
    assert.equal(serve(sender, empty, world(...lines)), undefined);
  });
}

test('a stream that was interrupted is continued by nobody else', () => {
  const receiver = world('tank/to/vm (partial web:2 of tank/vm since web:1): web:1');
  const server = world('tank/copy/vm: web:1 web:2');
  assert.equal(serve(world('tank/vm: web:1 web:2'), receiver, server), undefined);
});
