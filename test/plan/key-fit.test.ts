import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDoubts, findReencrypted, withoutRedactedTwins } from '../../src/plan/doubts.js';
import type { Plan } from '../../src/plan/plan.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { fullNameOf } from '../../src/streamline/dataset.js';
import { parsePointProperties } from '../../src/zfs/point-properties.js';
import { world } from '../worlds.js';

function planWith(
  sender: readonly string[],
  receiver: readonly string[],
  reencrypted: readonly string[] = [],
): Plan {
  return planTransfer({
    ...{ sender: world(...sender), receiver: world(...receiver) },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false, reencrypted: new Set(reencrypted) },
  });
}

/** Whether the increment of tank/sec/two goes, or why not. */
function decide(
  sender: readonly string[],
  receiver: readonly string[],
  reencrypted?: readonly string[],
): string {
  const { chains, conflicts } = planWith(sender, receiver, reencrypted);
  const chain = chains.find(({ source }) => source === 'tank/sec/two');
  const found = conflicts.find(({ source }) => source === 'tank/sec/two');
  return chain === undefined ? (found?.reason.kind ?? 'nothing') : `goes to ${chain.destination}`;
}

// Each was tried on OpenZFS 2.3.2 with keys loaded anew and filesystems mounted: see src/plan/key-fit.ts.
const root = 'tank/sec (encrypted): sec:1';
const two = 'tank/sec/two (encrypted) (root tank/sec): two:1 two:2';
const cases: readonly {
  readonly title: string;
  readonly sender?: readonly string[];
  readonly receiver: readonly string[];
  readonly expected: string;
}[] = [
  {
    title: 'a copy that is its own encryption root goes on',
    receiver: ['tank/sec/two (encrypted) (locked): two:1'],
    expected: 'goes to tank/sec/two',
  },
  {
    title: 'a copy that inherits from the copy of the encryption root goes on',
    receiver: [
      'tank/sec (encrypted) (locked): sec:1',
      'tank/sec/two (encrypted) (locked) (root tank/sec): two:1',
    ],
    expected: 'goes to tank/sec/two',
  },
  {
    title: 'a copy that inherits from the copy of the encryption root, as that says of itself, goes on',
    receiver: [
      'tank/other (encrypted) (copy of tank/sec): mine:1',
      'tank/sec/two (encrypted) (root tank/other): two:1',
    ],
    expected: 'goes to tank/sec/two',
  },
  {
    title: 'a copy that inherits from another encrypted dataset does not',
    receiver: ['tank/sec (encrypted): mine:1', 'tank/sec/two (encrypted) (root tank/sec): two:1'],
    expected: 'encryption-root-changed',
  },
  {
    title: 'nor does one of a dataset that has a key of its own',
    sender: [root, 'tank/sec/two (encrypted): two:1 two:2'],
    receiver: [
      'tank/sec (encrypted) (locked): sec:1',
      'tank/sec/two (encrypted) (locked) (root tank/sec): two:1',
    ],
    expected: 'encryption-root-changed',
  },
];

for (const { title, sender = [root, two], receiver, expected } of cases) {
  test(`a raw increment: ${title}`, () => {
    assert.equal(decide(sender, receiver), expected);
  });
}

test('a raw increment: a clone that inherits from its origin goes on, as both have the key of one root on the sender', () => {
  const sender = [
    root,
    'tank/sec/one (encrypted) (root tank/sec): one:1',
    'tank/sec/two (encrypted) (root tank/sec) < tank/sec/one@one:1: two:1 two:2',
  ];
  const one = 'tank/one (encrypted): one:1';
  const receiver = [one, 'tank/sec/two (encrypted) (root tank/one) < tank/one@one:1: two:1'];
  assert.equal(decide(sender, receiver), 'goes to tank/sec/two');
  const otherKey = sender.map((line) => line.replace('one (encrypted) (root tank/sec)', 'one (encrypted)'));
  assert.equal(decide(otherKey, receiver), 'encryption-root-changed');
});

test('a raw clone of a snapshot whose copy inherits from elsewhere is a conflict, too', () => {
  const sender = [
    root,
    'tank/sec/one (encrypted): one:1',
    'tank/sec/two (encrypted) < tank/sec/one@one:1: two:1',
  ];
  const receiver = ['tank/e (encrypted): e:1', 'tank/sec/one (encrypted) (root tank/e): one:1'];
  assert.equal(decide(sender, receiver), 'encryption-root-changed');
});

test('what was encrypted anew by the receiver is told apart by what its blocks were encrypted with', () => {
  const sender = [root, two];
  const receiver = ['tank/sec/two (encrypted): two:1'];
  const plan = planWith(sender, receiver);
  const doubts = findDoubts(plan, { sender: world(...sender), receiver: world(...receiver) });
  const name = 'tank/sec/two@zfs-vm:two:1';
  assert.deepEqual(doubts.encryptedAlike, [{ ours: name, theirs: name }]);
  // As zfs get -Hp -o name,property,value ivsetguid,redact_snaps printed on OpenZFS 2.3.2.
  const tell = (value: string): ReturnType<typeof parsePointProperties> =>
    parsePointProperties(`${name}\tivsetguid\t${value}\n${name}\tredact_snaps\t-\n`);
  assert.deepEqual([...findReencrypted(doubts, tell('50105131536979472'), tell('50105131536979472'))], []);
  assert.deepEqual([...findReencrypted(doubts, tell('50105131536979472'), tell('-'))], []);
  assert.deepEqual([...findReencrypted(doubts, tell('50105131536979472'), tell('924574598995873'))], [name]);
  assert.equal(decide(sender, receiver, [name]), 'encrypted-anew');
});

test('nothing is asked about a copy that this program has brought', () => {
  const sender = [root, two];
  const receiver = ['tank/sec/two (encrypted) (copy of tank/sec/two): two:1'];
  const doubts = findDoubts(planWith(sender, receiver), {
    ...{ sender: world(...sender), receiver: world(...receiver) },
  });
  assert.deepEqual(doubts.encryptedAlike, []);
});

test('of bookmarks of one snapshot, those for redacted streams are no base where another one is there', () => {
  const sender = world('tank/vm: #web:1 web:2');
  const vm = sender.get('tank/vm');
  const [plain] = vm?.bookmarks ?? [];
  assert.ok(vm && plain);
  const datasets = new Map([
    ...sender,
    ['tank/vm', { ...vm, bookmarks: [plain, { ...plain, name: 'redacted' }] }] as const,
  ]);
  const plan = planTransfer({
    ...{ sender: datasets, receiver: world('tank/vm: web:1') },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false },
  });
  const doubts = findDoubts(plan, { sender: datasets, receiver: world('tank/vm: web:1') });
  assert.deepEqual(doubts.twinBookmarks, ['tank/vm#zfs-vm:web:1', 'tank/vm#redacted']);
  const told = parsePointProperties(
    'tank/vm#redacted\tredact_snaps\t4938102460379209258\ntank/vm#zfs-vm:web:1\tredact_snaps\t-\n',
  );
  const left = withoutRedactedTwins(datasets, doubts, told).get('tank/vm')?.bookmarks.map(fullNameOf);
  assert.deepEqual(left, ['tank/vm#zfs-vm:web:1']);
});

test('a bookmark for redacted streams stays where it is the only one of its snapshot', () => {
  const datasets = world('tank/vm: #web:1 web:2');
  const told = parsePointProperties('tank/vm#zfs-vm:web:1\tredact_snaps\t1\n');
  const twinBookmarks = ['tank/vm#zfs-vm:web:1'];
  assert.equal(withoutRedactedTwins(datasets, { twinBookmarks }, told).get('tank/vm')?.bookmarks.length, 1);
});
