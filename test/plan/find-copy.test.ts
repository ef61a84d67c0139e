import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import type { Plan } from '../../src/plan/plan.js';
import { world } from '../worlds.js';

/*
 * Which dataset of the receiver is the copy of a dataset of the sender: the rules, in their order, as docs/decisions/copies.md has
 * them. In the notation of worlds.ts; the GUID of a dataset is that of its name, so `(copy of tank/vm)` names the sender's tank/vm.
 */

/** Where each dataset of the sender goes on, and by which rule; or the conflict, with the datasets that it names. */
function findCopies(plan: Plan): string[] {
  return [
    ...plan.chains.map(({ source, destination, by = 'new' }) => `${source} -> ${destination} by ${by}`),
    ...plan.upToDate.map(({ source, destination, by }) => `${source} = ${destination} by ${by}`),
    ...plan.conflicts.map(({ source, reason }) => {
      const named =
        'candidates' in reason ? reason.candidates : 'destination' in reason ? [reason.destination] : [];
      const taken = reason.kind === 'half-moved' ? [reason.taken] : [];
      return `${source}: ${[reason.kind, ...named, ...taken].join(' ')}`;
    }),
  ];
}

interface Case {
  readonly sender: readonly string[];
  readonly receiver: readonly string[];
  readonly to?: string;
  readonly rollback?: boolean;
  readonly replace?: boolean;
}

function rule(
  title: string,
  { sender, receiver, to, rollback = false, replace = false }: Case,
  expected: readonly string[],
): void {
  test(title, () => {
    const plan = planTransfer({
      ...{ sender: world('tank:', ...sender), receiver: world('tank:', ...receiver), destination: to },
      ...{ choice: { patterns: [], latest: false }, rollback, replace },
    });
    assert.deepEqual(findCopies(plan), expected);
  });
}

const image = ['tank/vm: web:1 web:2'];

// 1. The place

rule(
  'the dataset at its place is the copy, and not another one that ends with the base',
  { sender: ['tank/vm: web:1 web:2 web:3'], receiver: ['tank/archive/vm: web:1 web:2', 'tank/vm: web:1'] },
  ['tank/vm -> tank/vm by place'],
);

rule(
  'when it has gone on, that is a conflict of this copy, whatever else could be continued',
  { sender: image, receiver: ['tank/vm: web:1 @daily', 'tank/archive/vm: web:1'] },
  ['tank/vm: diverged tank/vm'],
);

rule(
  'when it was written to, too',
  { sender: image, receiver: ['tank/vm (modified): web:1', 'tank/archive/vm: web:1'] },
  ['tank/vm: modified tank/vm'],
);

rule(
  'below -d, the place is there',
  { sender: image, receiver: ['tank/vm: web:1', 'tank/x/vm: web:1'], to: 'tank/x' },
  ['tank/vm -> tank/x/vm by place'],
);

rule(
  'the place comes before what a role says of another dataset',
  { sender: image, receiver: ['tank/vm: web:1', 'tank/moved (copy of tank/vm): web:1'] },
  ['tank/vm -> tank/vm by place'],
);

rule(
  'but not where that place has the copy of what was destroyed on the sender, whose name it got',
  {
    sender: ['tank/vm: web:1 web:2 web:4'],
    receiver: [
      'tank/vm (copy of tank/gone): web:1 web:3',
      'tank/dev (copy of tank/vm) < tank/vm@web:1: web:2',
    ],
    ...{ rollback: true, replace: true },
  },
  ['tank/vm -> tank/dev by role'],
);

rule(
  'which is the copy where nothing else is, also when it has gone on',
  {
    sender: ['tank/vm: web:1 web:2'],
    receiver: ['tank/vm (copy of tank/gone): web:1 web:3'],
  },
  ['tank/vm: diverged tank/vm'],
);

rule(
  'or where it has not gone on',
  {
    sender: ['tank/vm: web:1 web:2'],
    receiver: ['tank/vm (copy of tank/gone): web:1', 'tank/archive (copy of tank/vm): web:1'],
  },
  ['tank/vm -> tank/vm by place'],
);

rule(
  'a copy that another host has brought there goes on where it is',
  { sender: image, receiver: ['tank/vm (copy of c:tank/vm): web:1'] },
  ['tank/vm -> tank/vm by place'],
);

// What is another's is never the copy

rule(
  'what is at its place and is the copy of another dataset, by its role, is not touched',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/old: db:1'],
    receiver: ['tank/vm (copy of tank/old): web:1'],
  },
  ['tank/old -> tank/old by new', 'tank/vm: destination-exists tank/vm'],
);

rule(
  'nor by what it went on with',
  {
    sender: ['tank/vm: web:1 web:4', 'tank/old < tank/vm@web:1: web:2 web:3'],
    receiver: ['tank/vm: web:1 web:2 web:3'],
    rollback: true,
    replace: true,
  },
  ['tank/old = tank/vm by elsewhere', 'tank/vm: destination-exists tank/vm'],
);

rule(
  'nor when the sender has only bookmarks left of that',
  {
    sender: ['tank/vm: web:1 web:4', 'tank/old < tank/vm@web:1: #web:3 web:5'],
    receiver: ['tank/vm: web:1 web:2 web:3'],
    rollback: true,
    replace: true,
  },
  ['tank/old -> tank/vm by adoption', 'tank/vm: destination-exists tank/vm'],
);

rule(
  'nor when the sender has nothing left of it, and the role remembers',
  {
    sender: ['tank/new: web:1 web:5', 'tank/old < tank/new@web:1:'],
    receiver: ['tank/old (copy of tank/old): web:1 web:2 web:3'],
    rollback: true,
  },
  ['tank/new -> tank/new by new'],
);

rule(
  'what was set aside is nobody’s copy',
  { sender: image, receiver: ['tank/vm (aside of tank/vm): web:1'] },
  ['tank/vm: destination-exists tank/vm'],
);

rule(
  'nor has it lost its past to what took its place, and was moved, when it has the name again',
  { sender: image, receiver: ['tank/kept: web:1', 'tank/vm (aside of tank/vm) < tank/kept@web:1: @mine'] },
  ['tank/vm -> tank/kept by adoption'],
);

rule(
  'two datasets that belong to one place: the original has it',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/backup/vm (made at 7): web:1'],
    receiver: ['tank/x/vm: web:1'],
    to: 'tank/x',
  },
  ['tank/vm -> tank/x/vm by place', 'tank/backup/vm = tank/x/vm by place'],
);

rule(
  'a copy that belongs to a backup of the sender is not taken for that of the original',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/backup/vm (made at 7): web:1'],
    receiver: ['tank/backup/vm: web:1'],
  },
  ['tank/vm -> tank/vm by new', 'tank/backup/vm = tank/backup/vm by place'],
);

// 2. The role

rule(
  'a copy that was moved is found by its role, and another one with the base stays as it is',
  { sender: image, receiver: ['tank/moved (copy of tank/vm): web:1', 'tank/archive: web:1'] },
  ['tank/vm -> tank/moved by role'],
);

rule(
  'also when it has gone on there',
  { sender: image, receiver: ['tank/moved (copy of tank/vm): web:1 @daily', 'tank/archive: web:1'] },
  ['tank/vm: diverged tank/moved'],
);

rule(
  'of two that say so, the one in step is it',
  {
    sender: image,
    receiver: ['tank/a (copy of tank/vm): web:1', 'tank/b (copy of tank/vm): web:1 web:2'],
  },
  ['tank/vm = tank/b by role'],
);

rule(
  'of two that say so and lag, it can not be told',
  {
    sender: image,
    receiver: ['tank/a (copy of tank/vm): web:1', 'tank/b (copy of tank/vm): web:1'],
  },
  ['tank/vm: copy-unclear tank/a tank/b'],
);

// Several senders with one copy

rule(
  'a copy that several hosts send to is found by the role for each of them, wherever it was moved',
  { sender: image, receiver: ['tank/moved (copy of c:tank/vm and tank/vm): web:1', 'tank/archive: web:1'] },
  ['tank/vm -> tank/moved by role'],
);

rule(
  'and is that of no other dataset of one of them',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/z: web:1 web:3'],
    receiver: ['tank/z (copy of c:tank/vm and tank/vm): web:1'],
  },
  ['tank/vm -> tank/z by role', 'tank/z: name-taken tank/z'],
);

rule(
  'nothing is undone there that another host may have sent',
  {
    sender: image,
    receiver: ['tank/vm (copy of tank/vm and c:tank/vm): web:1 web:2~c'],
    ...{ rollback: true, replace: true },
  },
  ['tank/vm: version-differs'],
);

rule(
  'what was written to it is in nobody’s snapshot, and may be undone',
  {
    sender: image,
    receiver: ['tank/vm (modified) (copy of tank/vm and c:tank/vm): web:1'],
    rollback: true,
  },
  ['tank/vm -> tank/vm by place'],
);

rule(
  'nor is it replaced when nothing is left in common',
  {
    sender: ['tank/vm: web:4'],
    receiver: ['tank/vm (copy of tank/vm and c:tank/vm): web:2~c'],
    replace: true,
  },
  ['tank/vm: no-common-version'],
);

// Everything is there

rule(
  'where the newest version is there in whatever dataset, nothing is sent and nothing is in conflict',
  { sender: image, receiver: ['tank/a: web:1 web:2', 'tank/b/vm: web:1 web:2'] },
  ['tank/vm = tank/b/vm by elsewhere'],
);

const grownMember = ['tank/t: web:1', 'tank/t/m: web:1~m web:2~m'];

rule(
  'a member of a tree goes on below the only one that may be the copy of its top, of which all is there',
  { sender: grownMember, receiver: ['tank/x/t: web:1', 'tank/x/t/m: web:1~m'] },
  ['tank/t/m -> tank/x/t/m by place', 'tank/t = tank/x/t by elsewhere'],
);

rule(
  'not below what another host has brought',
  {
    sender: grownMember,
    receiver: ['tank/x/t (copy of c:tank/t): web:1', 'tank/x/t/m (copy of c:tank/t/m): web:1~m'],
  },
  ['tank/t = tank/x/t by elsewhere', 'tank/t/m: parent-without-place'],
);

rule(
  'nor below one of several that have all of its top: it is looked for by itself',
  { sender: grownMember, receiver: ['tank/x/t: web:1', 'tank/y/t: web:1', 'tank/y/t/m: web:1~m'] },
  ['tank/t/m -> tank/y/t/m by adoption', 'tank/t = tank/x/t by elsewhere'],
);

const movedName = 'tank/vm-set-aside-20261130T000531Z';

rule(
  'a copy whose host stopped while it was moved aside is not continued under the other name',
  { sender: image, receiver: [`${movedName} (copy of tank/vm): web:1 @mine`] },
  ['tank/vm: half-moved free'],
);

rule(
  'nor where the clone that was to take its place is there, or something else',
  {
    sender: image,
    receiver: [`${movedName} (copy of tank/vm): web:1 @mine`, `tank/vm < ${movedName}@web:1:`],
  },
  ['tank/vm: half-moved clone'],
);

rule(
  'nor where something else has its name',
  { sender: image, receiver: [`${movedName} (copy of tank/vm): web:1`, 'tank/vm: @other'] },
  ['tank/vm: half-moved other'],
);

rule(
  'the copy of a dataset that is called so itself is continued wherever it is',
  {
    sender: [`${movedName}: web:1 web:2`],
    receiver: ['tank/x:', `tank/x/vm-set-aside-20261130T000531Z (copy of ${movedName}): web:1`],
  },
  [`${movedName} -> tank/x/vm-set-aside-20261130T000531Z by role`],
);

// 3. A past that was promoted away

rule(
  'a clone of the copy that was promoted and has its snapshots is not gone on in',
  { sender: image, receiver: ['tank/work: web:1', 'tank/vm < tank/work@web:1:'] },
  ['tank/vm: past-promoted tank/vm'],
);

rule(
  'also when the copy is known by its role',
  {
    sender: image,
    receiver: ['tank/work (modified): web:1', 'tank/moved (copy of tank/vm) < tank/work@web:1:'],
  },
  ['tank/vm: past-promoted tank/moved'],
);

rule(
  'also when the copy has gone on by itself since: the clone may be in use',
  { sender: image, receiver: ['tank/kept: web:1', 'tank/vm < tank/kept@web:1: @mine'] },
  ['tank/vm: past-promoted tank/vm'],
);

rule(
  'a clone at its place that is younger than what it was cloned from has lost no past',
  {
    sender: image,
    receiver: ['tank/x/vm (copy of tank/vm): web:1', 'tank/vm (made at 9) < tank/x/vm@web:1:'],
  },
  ['tank/vm -> tank/x/vm by role'],
);

rule(
  'nor has one that no role tells of',
  { sender: image, receiver: ['tank/kept: web:1', 'tank/vm (made at 9) < tank/kept@web:1:'] },
  ['tank/vm -> tank/kept by adoption'],
);

// 4. The only one

rule(
  'a single dataset with the base that nobody touched is adopted',
  { sender: image, receiver: ['tank/kept: web:1'] },
  ['tank/vm -> tank/kept by adoption'],
);

rule(
  'what is adopted for one dataset is not for another one that has the same past',
  { sender: ['tank/vm: web:1 web:2', 'tank/z: web:1 web:3'], receiver: ['tank/kept: web:1'] },
  ['tank/vm -> tank/kept by adoption', 'tank/z -> tank/z by new'],
);

rule(
  'so is the copy of a dataset that the sender has no more',
  { sender: image, receiver: ['tank/kept (copy of tank/gone): web:1'] },
  ['tank/vm -> tank/kept by adoption'],
);

rule(
  'a backup on the sender adopts nothing that may be the copy of its original',
  {
    sender: ['tank/vm: web:1', 'tank/backup/vm (copy of tank/vm) (made at 7): web:1 web:2'],
    receiver: ['tank/kept: web:1'],
  },
  ['tank/backup/vm -> tank/backup/vm by new', 'tank/vm = tank/kept by elsewhere'],
);

rule(
  'several are a conflict that lists them',
  { sender: image, receiver: ['tank/b: web:1', 'tank/a: web:1'] },
  ['tank/vm: copy-unclear tank/a tank/b'],
);

rule(
  'one that lags and one that has gone on are, too',
  { sender: ['tank/vm: web:1 web:2 web:3'], receiver: ['tank/a: web:1', 'tank/b: web:1 web:2 @mine'] },
  ['tank/vm: copy-unclear tank/a tank/b'],
);

rule(
  'and so is a single one that was touched: nobody asked to undo anything there',
  { sender: image, receiver: ['tank/kept: web:1 @mine'], rollback: true },
  ['tank/vm: copy-unclear tank/kept'],
);

rule(
  'the copy of another host is not adopted: what is new shares its blocks',
  { sender: image, receiver: ['tank/kept (copy of c:tank/vm): web:1'] },
  ['tank/vm -> tank/vm by new'],
);

rule(
  'and where it is there, a dataset that nobody has marked may be an archive of it',
  { sender: image, receiver: ['tank/moved (copy of c:tank/vm): web:1', 'tank/archive: web:1'] },
  ['tank/vm: copy-unclear tank/archive tank/moved'],
);

rule(
  'nor beside the copy of a dataset that has lost its past to this one by a promotion',
  {
    sender: ['tank/clone: web:1 web:2 web:3', 'tank/vm < tank/clone@web:2: web:4'],
    receiver: ['tank/moved (copy of tank/vm): web:1 web:2', 'tank/archive: web:1'],
  },
  ['tank/vm -> tank/vm by new', 'tank/clone: copy-unclear tank/archive tank/moved'],
);

rule(
  'a backup of a dataset that has lost its past by a promotion is not its heir: what was promoted is',
  {
    sender: ['tank/clone: web:1 web:2', 'tank/vm < tank/clone@web:2:', 'fast/vm: web:1 web:2 web:3'],
    receiver: ['tank/to/vm (copy of tank/vm): web:1 web:2'],
    to: 'tank/to',
  },
  ['tank/clone = tank/to/vm by elsewhere', 'fast/vm: destination-exists tank/to/vm'],
);

// What is undone

rule(
  'what is marked as the copy of another host is not rolled back',
  { sender: image, receiver: ['tank/vm (copy of c:tank/vm): web:1 @mine'], rollback: true },
  ['tank/vm: diverged tank/vm'],
);

// What is written down

/** The sources that the only chain's role names, by the names in the notation. */
function writeDown(
  sender: readonly string[],
  receiver: readonly string[],
  setAside = false,
): string | undefined {
  const { chains, upToDate } = planTransfer({
    ...{ sender: world('tank:', ...sender), receiver: world('tank:', ...receiver), destination: undefined },
    ...{
      choice: { patterns: [], latest: false },
      rollback: false,
      replace: false,
      setAside,
    },
  });
  const [role] = [...chains, ...upToDate].map((each) => each.role);
  return role?.sources.map(({ guid }) => nameOf(guid)).join(' and ');
}

/** The name that a dataset's GUID is made of in the notation. */
function nameOf(guid: bigint): string {
  return Buffer.from(guid.toString(16), 'hex').toString().slice(1);
}

test('a sender is added to the copy that another one sends to, and takes the place of none', () => {
  assert.equal(writeDown(image, ['tank/vm (copy of c:tank/vm): web:1']), 'tank/vm and c:tank/vm');
  assert.equal(
    writeDown(image, ['tank/vm (copy of c:tank/vm): web:1 web:2']),
    'tank/vm and c:tank/vm',
    'in step',
  );
  assert.equal(writeDown(image, ['tank/vm (copy of c:tank/vm and tank/vm): web:1']), undefined, 'is there');
});

test('it takes the place of what it has no more itself', () => {
  assert.equal(
    writeDown(image, ['tank/vm (copy of tank/gone and c:tank/vm): web:1']),
    'tank/vm and c:tank/vm',
  );
});

test('what takes the place of a copy that was set aside is followed by the same hosts', () => {
  const receiver = ['tank/vm (modified) (copy of c:tank/vm and tank/vm): web:1'];
  assert.equal(writeDown(image, receiver, true), 'tank/vm and c:tank/vm');
});

test('of many senders, the one that was added first is forgotten', () => {
  const many = ['c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((host) => `${host}:tank/vm`);
  assert.equal(
    writeDown(image, [`tank/vm (copy of ${many.join(' and ')}): web:1`]),
    ['tank/vm', ...many.slice(0, -1)].join(' and '),
  );
});
