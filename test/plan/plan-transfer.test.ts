import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/plan/plan.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import {
  describeAbort,
  describePreparation,
  describeRoute,
  describeSetAside,
  describeStep,
} from '../../src/report/plan/describe-plan.js';
import { nameForPeople } from '../../src/streamline/dataset.js';
import { parsePattern } from '../../src/streamline/selection.js';
import { describeAfter, world } from '../worlds.js';

/** A plan as lines: chains with what is made and destroyed for them and their steps, what is up to date, conflicts. */
function show(plan: Plan): string[] {
  return [
    ...plan.chains.flatMap((chain) => [
      `${describeRoute(chain, { senderName: 'local', receiverName: 'b' })}${describeAfter(chain)}${chain.raw ? ' raw' : ''}`,
      ...chain.parents.map((parent) => `  make ${parent}`),
      ...[describeAbort(chain, 'b') ?? []].flat().map((line) => `  ${line}`),
      ...[describeSetAside(chain, 'b') ?? []].flat().map((line) => `  ${line}`),
      ...describePreparation(chain, 'b').map((line) => `  ${line}`),
      ...chain.steps.map((step) => `  ${nameForPeople(step.to)} ${describeStep(step)}`),
    ]),
    ...plan.upToDate.map(({ source, destination }) => `${source} is up to date in ${destination}`),
    ...plan.conflicts.map(({ source, reason }) => `${source}: ${reason.kind}`),
  ];
}

/** What a test asks for; what is left out is as without options. */
interface Case {
  readonly sender: readonly string[];
  readonly receiver: readonly string[];
  readonly only?: readonly string[];
  readonly to?: string;
  readonly latest?: boolean;
  readonly allSnapshots?: boolean;
  readonly rollback?: boolean;
  readonly replace?: boolean;
  readonly setAside?: boolean;
  readonly held?: readonly string[];
}

function planCase({ sender, receiver, only = [], to, ...options }: Case): Plan {
  const patterns = only.map((text) => {
    const pattern = parsePattern(text);
    assert.ok(pattern, text);
    return pattern;
  });
  const {
    latest = false,
    allSnapshots = false,
    rollback = false,
    replace = false,
    setAside = false,
    held = [],
  } = options;
  return planTransfer({
    sender: world(...sender),
    receiver: world('tank:', ...receiver),
    choice: allSnapshots ? { datasets: only, latest } : { patterns, latest },
    destination: to,
    rollback,
    replace,
    held: new Set(held),
    setAside,
    stamp: 'NOW',
  });
}

/** One case: what both sides have, and the plan as `show` gives it. */
function plans(title: string, request: Case, expected: readonly string[]): void {
  test(title, () => {
    assert.deepEqual(show(planCase(request)), expected);
  });
}

plans(
  'a receiver with nothing gets the first version whole and the others as increments',
  { sender: ['tank/vm: web:1 web:2 web:3'], receiver: [] },
  [
    'tank/vm -> b:tank/vm',
    '  web:1 full',
    '  web:2 incremental since web:1',
    '  web:3 incremental since web:2',
  ],
);

plans(
  'a receiver that has the first versions gets the missing ones only',
  { sender: ['tank/vm: web:1 web:2 web:3'], receiver: ['tank/vm: web:1 web:2'] },
  ['tank/vm -> b:tank/vm', '  web:3 incremental since web:2'],
);

plans(
  'a receiver that has the newest version needs nothing',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1 web:2'] },
  ['tank/vm is up to date in tank/vm'],
);

plans(
  'a receiver that is ahead needs nothing',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1 web:2 web:3'] },
  ['tank/vm is up to date in tank/vm'],
);

plans(
  'increments go where the receiver keeps the streamline, whatever -d says',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/other/name: web:1'], to: 'tank/new' },
  ['tank/vm -> b:tank/other/name', '  web:2 incremental since web:1'],
);

plans(
  'new datasets go under -d, by the last part of their name, and what is missing above them is made',
  { sender: ['pool/src/1007: web:1'], receiver: [], to: 'tank/a/b' },
  ['pool/src/1007 -> b:tank/a/b/1007', '  make tank/a', '  make tank/a/b', '  web:1 full'],
);

plans(
  'versions are matched by GUID: the same name with other content is no base',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1~x'] },
  ['tank/vm: version-differs'],
);

plans(
  'a receiver with other versions of the streamline has nothing to go on from',
  { sender: ['tank/vm: web:2 web:3'], receiver: ['tank/vm: web:1'] },
  ['tank/vm: no-common-version'],
);

plans(
  'what was pruned here of a history that the receiver has is no other history',
  {
    sender: ['tank/vm: web:3', 'tank/new: web:4'],
    receiver: ['tank/vm: web:1 web:2 web:3'],
  },
  ['tank/new -> b:tank/new', '  web:4 full', 'tank/vm is up to date in tank/vm'],
);

plans(
  'what is only a bookmark here was made here',
  { sender: ['tank/vm: #web:1 web:2', 'tank/new: web:3'], receiver: ['tank/vm: web:1'] },
  [
    'tank/vm -> b:tank/vm',
    '  web:2 incremental since tank/vm#zfs-vm:web:1',
    'tank/new -> b:tank/new',
    '  web:3 full',
  ],
);

plans(
  'a name that was pruned here and is used anew is another version',
  { sender: ['tank/vm: web:3', 'tank/new: web:2~x'], receiver: ['tank/vm: web:2 web:3'] },
  ['tank/vm is up to date in tank/vm', 'tank/new: version-differs'],
);

plans(
  'a replacement takes the place of the dataset itself, not of another one with its streamline',
  {
    sender: ['tank/vm: web:1 web:3', 'tank/vm/etc: web:5'],
    receiver: ['tank/vm: web:1 web:2 web:3', 'tank/vm/etc: web:2~e'],
    replace: true,
  },
  [
    'tank/vm/etc -> b:tank/vm/etc',
    '  destroy b:tank/vm/etc@zfs-vm:web:2',
    '  destroy b:tank/vm/etc (kept as tank/vm/etc-replaced-NOW until the new content is verified)',
    '  web:5 full',
    'tank/vm is up to date in tank/vm',
  ],
);

plans(
  'a base may have another name on the receiver',
  { sender: ['tank/vm: @before web:1'], receiver: ['tank/vm: @before'] },
  ['tank/vm -> b:tank/vm', '  web:1 incremental since tank/vm@before'],
);

plans(
  'only chosen streamlines are sent',
  { sender: ['tank/vm: web:1', 'tank/db: db:1'], receiver: [], only: ['db'] },
  ['tank/db -> b:tank/db', '  db:1 full'],
);

plans(
  'a streamline that goes on in a clone is sent across the clone',
  { sender: ['tank/vm: web:1 web:2', 'tank/new < tank/vm@web:1: web:3 web:4'], receiver: [] },
  [
    'tank/vm -> b:tank/vm',
    '  web:1 full',
    '  web:2 incremental since web:1',
    'tank/new -> b:tank/new after tank/vm@zfs-vm:web:1',
    '  web:3 clone of web:1',
    '  web:4 incremental since web:3',
  ],
);

plans(
  'a clone goes after its origin also when its name comes first',
  { sender: ['tank/z: web:1', 'tank/m < tank/z@web:1: web:2', 'tank/a < tank/m@web:2: web:3'], receiver: [] },
  [
    'tank/z -> b:tank/z',
    '  web:1 full',
    'tank/m -> b:tank/m after tank/z@zfs-vm:web:1',
    '  web:2 clone of web:1',
    'tank/a -> b:tank/a after tank/m@zfs-vm:web:2',
    '  web:3 clone of web:2',
  ],
);

plans(
  'a clone of something the receiver has already waits for nothing',
  {
    sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'],
    receiver: ['tank/keep: web:1'],
    to: 'tank/keep2',
  },
  [
    'tank/new -> b:tank/keep2/new',
    '  make tank/keep2',
    '  web:2 clone of web:1',
    'tank/vm is up to date in tank/keep',
  ],
);

plans(
  'an older ancestor serves when the receiver lacks the direct origin',
  {
    sender: ['tank/vm: web:1 @between', 'tank/new < tank/vm@@between: web:2'],
    receiver: ['tank/vm: web:1'],
  },
  ['tank/new -> b:tank/new', '  web:2 clone of web:1', 'tank/vm is up to date in tank/vm'],
);

plans(
  'a clone is never sent whole when what it came from could be sent too',
  { sender: ['tank/vm: base:1', 'tank/new < tank/vm@base:1: web:1'], receiver: [], only: ['web'] },
  ['tank/new: origin-missing'],
);

plans(
  'a clone of something that is no version is sent whole: there is no other way',
  { sender: ['tank/template: @golden', 'tank/new < tank/template@@golden: web:1'], receiver: [] },
  ['tank/new -> b:tank/new', '  web:1 full'],
);

plans(
  'both sides going on after the common version is a conflict, and the other streamlines are sent',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/db: db:1'],
    receiver: ['tank/vm: web:1 web:3'],
  },
  ['tank/db -> b:tank/db', '  db:1 full', 'tank/vm: diverged'],
);

plans(
  'a snapshot that somebody took on the receiver after the common version is a conflict',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1 @mine'] },
  ['tank/vm: diverged'],
);

plans(
  'a version older than what the receiver has can not be inserted',
  { sender: ['tank/vm: web:1 @later'], receiver: ['tank/vm: @later'] },
  ['tank/vm: passed-by'],
);

plans(
  'an unrelated dataset in the way is a conflict',
  { sender: ['tank/vm: web:1'], receiver: ['tank/vm: @other'] },
  ['tank/vm: destination-exists'],
);

plans(
  'an interrupted receive in the way is a conflict',
  { sender: ['tank/vm: web:1'], receiver: ['tank/vm (partial):'] },
  ['tank/vm: partial-receive'],
);

plans(
  'an interrupted increment is a conflict',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm (partial): web:1'] },
  ['tank/vm: partial-receive'],
);

plans(
  'two datasets that would get one name are a conflict for the second',
  { sender: ['tank/a/vm: web:1', 'tank/b/vm: db:1'], receiver: [], to: 'tank/x' },
  ['tank/a/vm -> b:tank/x/vm', '  make tank/x', '  web:1 full', 'tank/b/vm: name-taken'],
);

plans('a pool that the receiver lacks is a conflict', { sender: ['rpool/vm: web:1'], receiver: [] }, [
  'rpool/vm: no-pool',
]);

plans(
  'what another dataset brings is no conflict, also where that is decided later',
  { sender: ['rpool/vm: web:1 web:2', 'tank/archive: web:1 web:2'], receiver: [] },
  [
    'tank/archive -> b:tank/archive',
    '  web:1 full',
    '  web:2 incremental since web:1',
    'rpool/vm is up to date in tank/archive',
  ],
);

plans(
  'nothing can go below a volume',
  { sender: ['pool/vm: web:1'], receiver: ['tank/disk (volume):'], to: 'tank/disk' },
  ['pool/vm: parent-is-volume'],
);

plans(
  'a clone can not go to another pool than its origin',
  {
    sender: ['fast/vm: web:1', 'tank/new < fast/vm@web:1: web:2'],
    receiver: ['fast/vm: web:1'],
  },
  ['fast/vm is up to date in fast/vm', 'tank/new: origin-in-other-pool'],
);

plans(
  'a name that would be too long for ZFS is a conflict',
  { sender: ['tank/vm: web:1'], receiver: [], to: `tank/${'x'.repeat(235)}` },
  ['tank/vm: name-too-long'],
);

plans('encrypted datasets go raw', { sender: ['tank/vm (encrypted): web:1'], receiver: [] }, [
  'tank/vm -> b:tank/vm raw',
  '  web:1 full',
]);

plans(
  'a backup among the sources is not taken for the image, and nothing is sent twice',
  { sender: ['tank/vm: web:1 web:2', 'tank/backup/vm: web:1 web:2'], receiver: [], to: 'tank/x' },
  [
    'tank/vm -> b:tank/x/vm',
    '  make tank/x',
    '  web:1 full',
    '  web:2 incremental since web:1',
    'tank/backup/vm is up to date in tank/x/vm',
  ],
);

plans(
  'the original was made before its backup, in whatever pool, and however they were pruned',
  {
    sender: ['usb/backup/vm (made at 7): web:1 web:2', 'tank/vm (made at 5): web:2'],
    receiver: [],
    to: 'tank/x',
  },
  ['tank/vm -> b:tank/x/vm', '  make tank/x', '  web:2 full', 'usb/backup/vm is up to date in tank/x/vm'],
);

plans(
  'a backup that lags is not taken for the image, though it is older',
  { sender: ['usb/vm (made at 5): web:1', 'tank/vm (made at 7): web:1 web:2'], receiver: ['tank/vm: web:1'] },
  ['tank/vm -> b:tank/vm', '  web:2 incremental since web:1', 'usb/vm is up to date in tank/vm'],
);

plans(
  'a copy below its original that is ahead of it still comes after it',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/vm/vm (made at 7): web:1 web:2 web:3'],
    receiver: ['tank/vm: web:1 web:2', 'tank/vm/vm: web:1 web:2'],
  },
  ['tank/vm/vm -> b:tank/vm/vm', '  web:3 incremental since web:2', 'tank/vm is up to date in tank/vm'],
);

plans(
  'a copy that has gone on as another streamline does not go on in the copy of its original',
  {
    sender: ['usb/vm (made at 7): web:1 other:1', 'tank/vm (made at 5): web:1'],
    receiver: [],
    to: 'tank/x',
  },
  ['tank/vm -> b:tank/x/vm', '  make tank/x', '  web:1 full', 'usb/vm: name-taken'],
);

test('a clone step names the origin that it will have on the receiver', () => {
  const plan = planCase({
    sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'],
    receiver: [],
    to: 'tank/x',
  });
  const [step] = plan.chains[1]?.steps ?? [];
  assert.ok(step?.kind === 'clone');
  assert.equal(step.origin, 'tank/x/vm@zfs-vm:web:1');
});

/** What the first clone of a plan is made of on the receiver. */
function findOrigin(request: Case): string {
  const steps = planCase(request).chains.flatMap((chain) => chain.steps);
  return steps.find((step) => step.kind === 'clone')?.origin ?? 'none';
}

test('of several that have its origin, a clone is made of the copy, not of a backup of that copy', () => {
  const sender = ['tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'];
  const [copy, backup] = ['tank/safe/vm: web:1', 'tank/local/vm: web:1'];
  assert.equal(
    findOrigin({ sender, receiver: [copy, backup], to: 'tank/safe' }),
    'tank/safe/vm@zfs-vm:web:1',
  );
  const moved = ['tank/moved (copy of tank/vm): web:1 @mine', backup];
  assert.equal(findOrigin({ sender, receiver: moved, to: 'tank/x' }), 'tank/moved@zfs-vm:web:1');
  const tagged = ['tank/vm: web:1', 'tank/new < tank/vm@web:1: new:1'];
  const alone = { sender: tagged, receiver: [copy, backup], to: 'tank/safe', only: ['new'] };
  assert.equal(findOrigin(alone), 'tank/safe/vm@zfs-vm:web:1');
});

plans(
  'below a volume that --replace makes a filesystem, there is a place',
  {
    sender: ['tank/vm: web:1', 'tank/vm/sub: web:1~sub'],
    receiver: ['tank/vm (volume): web:1~other'],
    replace: true,
  },
  [
    'tank/vm -> b:tank/vm',
    '  destroy b:tank/vm@zfs-vm:web:1',
    '  destroy b:tank/vm (kept as tank/vm-replaced-NOW until the new content is verified)',
    '  web:1 full',
    'tank/vm/sub -> b:tank/vm/sub after tank/vm',
    '  web:1 full',
  ],
);

plans(
  'a version that both sides made after the common one, with other content, is told as such',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1 web:2~x'] },
  ['tank/vm: version-differs'],
);

plans(
  'a version that was made again under its old name, and would go on from the old one, is told as such',
  { sender: ['tank/vm: web:1 #web:2 web:2~x'], receiver: ['tank/vm: web:1 web:2'] },
  ['tank/vm: version-differs'],
);

plans(
  'a destination that somebody wrote to is a conflict',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm (modified): web:1'] },
  ['tank/vm: modified'],
);

plans(
  'a destination that somebody wrote to is fine while there is nothing to send',
  { sender: ['tank/vm: web:1'], receiver: ['tank/vm (modified): web:1'] },
  ['tank/vm is up to date in tank/vm'],
);

plans(
  'an encrypted dataset can not go on in a copy that is not encrypted',
  { sender: ['tank/vm (encrypted): web:1 web:2'], receiver: ['tank/vm: web:1'] },
  ['tank/vm: not-encrypted'],
);

plans(
  'what lies above is sent first, so that no stand-in is made where a clone will go',
  { sender: ['tank/t: web:1', 'tank/a < tank/t@web:1: web:2', 'tank/a/b: db:1'], receiver: [] },
  [
    'tank/t -> b:tank/t',
    '  web:1 full',
    'tank/a -> b:tank/a after tank/t@zfs-vm:web:1',
    '  web:2 clone of web:1',
    'tank/a/b -> b:tank/a/b after tank/a',
    '  db:1 full',
  ],
);

plans(
  'a clone below something else that is new goes after both',
  { sender: ['tank/a: web:1', 'tank/m: db:1', 'tank/a/b < tank/m@db:1: db:2'], receiver: [] },
  [
    'tank/a -> b:tank/a',
    '  web:1 full',
    'tank/m -> b:tank/m',
    '  db:1 full',
    'tank/a/b -> b:tank/a/b after tank/m@zfs-vm:db:1 and tank/a',
    '  db:2 clone of db:1',
  ],
);

plans(
  'nothing is made as a mere parent where a conflict keeps its owner away',
  {
    sender: ['tank/base: base:1', 'tank/a < tank/base@base:1: web:2', 'tank/a/b: web:1'],
    receiver: [],
    only: ['web'],
  },
  ['tank/a: origin-missing', 'tank/a/b: parent-without-place'],
);

plans(
  'a version that a copy was passed by for, and that comes with a backup of its image in the same plan, is none that it lacks',
  {
    sender: ['tank/ct: db:1 web:2', 'tank/z (made at 7): db:1'],
    receiver: ['tank/ct: web:2'],
    only: ['db'],
  },
  ['tank/z -> b:tank/z', '  db:1 full', 'tank/ct is up to date in tank/ct'],
);

plans(
  'an older streamline that the receiver has gone past is told, beside what is sent',
  { sender: ['tank/ct: db:1 web:2 web:3'], receiver: ['tank/ct: web:2'] },
  ['tank/ct -> b:tank/ct', '  web:3 incremental since web:2', 'tank/ct: passed-by'],
);

plans(
  'a clone of what the receiver has waits for nothing, though its origin gets more',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/new < tank/vm@web:1: web:3'],
    receiver: ['tank/vm: web:1'],
  },
  [
    'tank/vm -> b:tank/vm',
    '  web:2 incremental since web:1',
    'tank/new -> b:tank/new',
    '  web:3 clone of web:1',
  ],
);

// Which versions

plans(
  'patterns choose streamlines',
  { sender: ['tank/a: web-a:1', 'tank/b: web-b:1', 'tank/c: db:1'], receiver: [], only: ['web-*'] },
  ['tank/a -> b:tank/a', '  web-a:1 full', 'tank/b -> b:tank/b', '  web-b:1 full'],
);

plans(
  'a pattern with a version sends up to that version, ordered as versions',
  { sender: ['tank/a: web:8 web:9 web:10'], receiver: [], only: ['web:9'] },
  ['tank/a -> b:tank/a', '  web:8 full', '  web:9 incremental since web:8'],
);

plans(
  'what was cloned from something below it goes after that',
  { sender: ['tank/a/b: web:1', 'tank/a < tank/a/b@web:1: web:2'], receiver: [], to: 'tank/d' },
  [
    'tank/a/b -> b:tank/d/b',
    '  make tank/d',
    '  web:1 full',
    'tank/a -> b:tank/d/a after tank/d/b@zfs-vm:web:1',
    '  web:2 clone of web:1',
  ],
);

plans(
  'the latest alone goes in one hop',
  { sender: ['tank/a: web:1 web:2 web:3'], receiver: ['tank/a: web:1'], latest: true },
  ['tank/a -> b:tank/a', '  web:3 incremental since web:1'],
);

plans(
  'the latest alone takes along what another dataset is cloned from',
  {
    sender: ['tank/a: web:1 web:2 web:3', 'tank/b < tank/a@web:2: web:4 web:5'],
    receiver: [],
    latest: true,
  },
  [
    'tank/a -> b:tank/a',
    '  web:2 full',
    '  web:3 incremental since web:2',
    'tank/b -> b:tank/b after tank/a@zfs-vm:web:2',
    '  web:5 clone of web:2',
  ],
);

plans(
  'also where that is no version itself, nor what lies between',
  {
    sender: ['tank/a: web:1 @mine web:3', 'tank/m < tank/a@@mine: @x', 'tank/b < tank/m@@x: web:4 web:5'],
    receiver: [],
    latest: true,
  },
  [
    'tank/a -> b:tank/a',
    '  web:1 full',
    '  web:3 incremental since web:1',
    'tank/b -> b:tank/b after tank/a@zfs-vm:web:1',
    '  web:5 clone of web:1',
  ],
);

plans(
  'with all snapshots, every dataset is sent, whatever its snapshots are called',
  { sender: ['tank/a: @x @y', 'tank/b: @z'], receiver: ['tank/a: @x'], allSnapshots: true },
  ['tank/a -> b:tank/a', '  tank/a@y incremental since tank/a@x', 'tank/b -> b:tank/b', '  tank/b@z full'],
);

plans(
  'with all snapshots, patterns choose datasets',
  { sender: ['tank/a: @x', 'tank/b: @z'], receiver: [], allSnapshots: true, only: ['tank/b*'] },
  ['tank/b -> b:tank/b', '  tank/b@z full'],
);

plans(
  'with all snapshots, a dataset that is chosen goes with all of them, tagged or not, and no other',
  {
    sender: ['tank/a: @x web:1 @y web:2', 'tank/b: web:1~b'],
    receiver: [],
    allSnapshots: true,
    only: ['tank/a'],
  },
  [
    'tank/a -> b:tank/a',
    '  tank/a@x full',
    '  web:1 incremental since tank/a@x',
    '  tank/a@y incremental since web:1',
    '  web:2 incremental since tank/a@y',
  ],
);

plans(
  'with all snapshots, a clone is never sent whole',
  { sender: ['tank/a: @x', 'tank/b < tank/a@@x: @y'], receiver: [], allSnapshots: true },
  [
    'tank/a -> b:tank/a',
    '  tank/a@x full',
    'tank/b -> b:tank/b after tank/a@x',
    '  tank/b@y clone of tank/a@x',
  ],
);

// Bookmarks

plans(
  'a bookmark serves as base where its snapshot is gone',
  { sender: ['tank/a: #web:1 web:2'], receiver: ['tank/a: web:1'] },
  ['tank/a -> b:tank/a', '  web:2 incremental since tank/a#zfs-vm:web:1'],
);

plans(
  'the snapshot is taken while it is there',
  { sender: ['tank/a: web:1 #web:1 web:2'], receiver: ['tank/a: web:1'] },
  ['tank/a -> b:tank/a', '  web:2 incremental since web:1'],
);

plans(
  'a newer bookmark is a better base than an older snapshot',
  { sender: ['tank/a: web:1 #web:2 web:3'], receiver: ['tank/a: web:1 web:2'] },
  ['tank/a -> b:tank/a', '  web:3 incremental since tank/a#zfs-vm:web:2'],
);

// Promotion

plans(
  'after a promotion, what goes on elsewhere becomes a clone on the receiver too',
  {
    sender: ['tank/new: web:1 web:3', 'tank/vm < tank/new@web:1: web:2'],
    receiver: ['tank/vm: web:1 web:2'],
  },
  ['tank/new -> b:tank/new', '  web:3 clone of web:1', 'tank/vm is up to date in tank/vm'],
);

plans(
  'a promoted clone goes on in the copy of what it took over',
  { sender: ['tank/new: web:1 web:2 web:3'], receiver: ['tank/vm: web:1 web:2'] },
  ['tank/new -> b:tank/vm', '  web:3 incremental since web:2'],
);

plans(
  'a clone of a clone whose middle was destroyed on the receiver is cloned from the older ancestor',
  {
    sender: ['tank/a: web:1', 'tank/b < tank/a@web:1: @x', 'tank/c < tank/b@@x: web:3'],
    receiver: ['tank/a: web:1'],
  },
  ['tank/c -> b:tank/c', '  web:3 clone of web:1', 'tank/a is up to date in tank/a'],
);

// Trees

plans(
  'members of a tree keep their places below it',
  {
    sender: ['tank/vm: web:1', 'tank/vm/root: web:1~root', 'tank/vm/root/log: web:1~log'],
    receiver: [],
    to: 'tank/x',
  },
  [
    'tank/vm -> b:tank/x/vm',
    '  make tank/x',
    '  web:1 full',
    'tank/vm/root -> b:tank/x/vm/root after tank/x/vm',
    '  web:1 full',
    'tank/vm/root/log -> b:tank/x/vm/root/log after tank/x/vm/root',
    '  web:1 full',
  ],
);

plans(
  'a new member goes below where the receiver keeps the tree',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/vm/new: web:2~new'],
    receiver: ['tank/kept: web:1'],
    to: 'tank/x',
  },
  [
    'tank/vm -> b:tank/kept',
    '  web:2 incremental since web:1',
    'tank/vm/new -> b:tank/kept/new after tank/kept',
    '  web:2 full',
  ],
);

plans(
  'a member that is no more between two versions is left as it is',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1', 'tank/vm/old: web:1~old'] },
  ['tank/vm -> b:tank/vm', '  web:2 incremental since web:1'],
);

plans(
  'a dataset below another that was never tagged with it is no member',
  { sender: ['tank/vm: web:1', 'tank/vm/db: db:1'], receiver: [], to: 'tank/x' },
  ['tank/vm -> b:tank/x/vm', '  make tank/x', '  web:1 full', 'tank/vm/db -> b:tank/x/db', '  db:1 full'],
);

plans(
  'a new member of a tree without a place has none either',
  { sender: ['tank/vm: web:1', 'tank/vm/root: web:1~root'], receiver: ['tank/vm: @other'] },
  ['tank/vm: destination-exists', 'tank/vm/root: parent-without-place'],
);

// Interrupted receives

plans(
  'an interrupted increment that is the next one is resumed',
  {
    sender: ['tank/vm: web:1 web:2 web:3'],
    receiver: ['tank/vm (partial web:2 since web:1): web:1'],
  },
  ['tank/vm -> b:tank/vm', '  web:2 resumed', '  web:3 incremental since web:2'],
);

plans(
  'an interrupted full stream is resumed at its place',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/x/vm (partial web:1):'], to: 'tank/x' },
  ['tank/vm -> b:tank/x/vm', '  web:1 resumed', '  web:2 incremental since web:1'],
);

plans(
  'an interrupted full stream elsewhere may be of another sender, and is left as it is',
  { sender: ['tank/vm: web:1'], receiver: ['tank/there (partial web:1):'], to: 'tank/x' },
  ['tank/vm -> b:tank/x/vm', '  make tank/x', '  web:1 full'],
);

plans(
  'an interrupted increment in what follows a dataset on another host is not dropped',
  {
    sender: ['tank/vm: web:1 web:2 web:3'],
    receiver: ['tank/vm (copy of c:tank/vm) (partial web:3 since web:1): web:1'],
  },
  ['tank/vm: partial-receive'],
);

plans(
  'versions of the same streamline that follow a dataset on another host are no obstacle elsewhere',
  {
    sender: ['tank/vm: web:1 web:2~a'],
    receiver: ['tank/c/vm (copy of c:tank/vm): web:1 web:2'],
    to: 'tank/a',
  },
  ['tank/vm -> b:tank/a/vm', '  make tank/a', '  web:2 clone of web:1'],
);

plans(
  'a clone whose origin the receiver can not get any more goes whole',
  {
    sender: ['tank/vm: web:1 web:2 web:3', 'tank/new < tank/vm@web:1: web:4'],
    receiver: ['tank/vm: web:3'],
  },
  ['tank/new -> b:tank/new', '  web:4 full', 'tank/vm is up to date in tank/vm'],
);

plans(
  'a promoted clone that took over the name of the main line goes on in its copy',
  {
    sender: ['tank/vm (guid new): web:1 web:2 web:3', 'tank/old (guid tank/vm) < tank/vm@web:2:'],
    receiver: ['tank/vm (copy of tank/vm): web:1 web:2'],
  },
  ['tank/vm -> b:tank/vm', '  web:3 incremental since web:2'],
);

plans(
  'an interrupted clone is resumed',
  {
    sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'],
    receiver: ['tank/vm: web:1', 'tank/new (partial web:2 since web:1) < tank/vm@web:1:'],
  },
  ['tank/new -> b:tank/new', '  web:2 resumed', 'tank/vm is up to date in tank/vm'],
);

plans(
  'an interrupted receive of ours of something else is dropped first',
  {
    sender: ['tank/vm: web:1 web:2 web:3'],
    receiver: ['tank/vm (partial web:3 since web:1): web:1'],
  },
  [
    'tank/vm -> b:tank/vm',
    '  discard the interrupted receive of tank/sent@zfs-vm:web:3 in b:tank/vm: another snapshot is sent next',
    '  web:2 incremental since web:1',
    '  web:3 incremental since web:2',
  ],
);

plans(
  'an interrupted receive of ours that the sender has no more makes room for what it has',
  { sender: ['tank/vm: web:2'], receiver: ['tank/vm (partial web:1):'] },
  [
    'tank/vm -> b:tank/vm',
    '  discard the interrupted receive of tank/sent@zfs-vm:web:1 in b:tank/vm: another snapshot is sent next',
    '  web:2 full',
  ],
);

plans(
  'an interrupted receive of somebody else is a conflict',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/db: db:1'],
    receiver: ['tank/vm (partial @daily since web:1): web:1', 'tank/db (partial @daily):'],
  },
  ['tank/vm: partial-receive', 'tank/db: partial-receive'],
);

plans(
  'an interrupted receive of another streamline is a conflict: somebody may want to go on with it',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/db: db:1'],
    receiver: ['tank/vm (partial other:1 since web:1): web:1', 'tank/db (partial other:2):'],
  },
  ['tank/vm: partial-receive', 'tank/db: partial-receive'],
);

plans(
  'an interrupted receive of the right version from another base is not resumed',
  {
    sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'],
    receiver: ['tank/vm: web:1', 'tank/new (partial web:2):'],
  },
  [
    'tank/new -> b:tank/new',
    '  discard the interrupted receive of tank/sent@zfs-vm:web:2 in b:tank/new: another snapshot is sent next',
    '  web:2 clone of web:1',
    'tank/vm is up to date in tank/vm',
  ],
);

plans(
  'what was begun from another dataset, which has lost the base since, is begun anew',
  {
    sender: ['tank/vm: web:2', 'tank/second: web:1 web:2'],
    receiver: ['tank/vm (copy of tank/second) (partial web:2 of tank/vm since web:1): web:1'],
  },
  [
    'tank/second -> b:tank/vm',
    '  discard the interrupted receive of tank/vm@zfs-vm:web:2 in b:tank/vm: another snapshot is sent next',
    '  web:2 incremental since web:1',
    'tank/vm is up to date in tank/vm',
  ],
);

plans(
  'what was begun from another dataset, which still has the base, is resumed',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/second: web:1 web:2'],
    receiver: ['tank/vm (copy of tank/second) (partial web:2 of tank/vm since web:1): web:1'],
  },
  ['tank/second -> b:tank/vm', '  web:2 resumed', 'tank/vm is up to date in tank/vm'],
);

plans(
  'what was begun from a dataset in another pool is begun anew: zfs looks in that pool only',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/db: db:1'],
    receiver: ['tank/vm (partial web:2 of fast/vm since web:1): web:1', 'tank/db (partial db:1 of fast/db):'],
  },
  [
    'tank/vm -> b:tank/vm',
    '  discard the interrupted receive of fast/vm@zfs-vm:web:2 in b:tank/vm: another snapshot is sent next',
    '  web:2 incremental since web:1',
    'tank/db -> b:tank/db',
    '  discard the interrupted receive of fast/db@zfs-vm:db:1 in b:tank/db: another snapshot is sent next',
    '  db:1 full',
  ],
);

plans(
  'what was begun from a dataset that was renamed since is resumed',
  {
    sender: ['tank/vm: web:1 web:2'],
    receiver: ['tank/vm (partial web:2 of tank/old/vm since web:1): web:1'],
  },
  ['tank/vm -> b:tank/vm', '  web:2 resumed'],
);

plans(
  'a raw stream of what is encrypted is resumed',
  {
    sender: ['tank/vm (encrypted): web:1 web:2', 'tank/db (encrypted): db:1'],
    receiver: ['tank/vm (encrypted) (partial web:2 since web:1 raw): web:1', 'tank/db (partial db:1 raw):'],
  },
  ['tank/vm -> b:tank/vm raw', '  web:2 resumed', 'tank/db -> b:tank/db raw', '  db:1 resumed'],
);

plans(
  'what is encrypted does not go on as the plain stream that somebody began',
  {
    sender: ['tank/vm (encrypted): web:1 web:2', 'tank/db (encrypted): db:1'],
    receiver: ['tank/vm (encrypted) (partial web:2 since web:1): web:1', 'tank/db (partial db:1):'],
  },
  [
    'tank/vm -> b:tank/vm raw',
    '  discard the interrupted receive of tank/sent@zfs-vm:web:2 in b:tank/vm: another snapshot is sent next',
    '  web:2 incremental since web:1',
    'tank/db -> b:tank/db raw',
    '  discard the interrupted receive of tank/sent@zfs-vm:db:1 in b:tank/db: another snapshot is sent next',
    '  db:1 full',
  ],
);

// What can't be

plans(
  'an encrypted clone does not go where the copy of its origin is not encrypted',
  {
    sender: ['tank/vm (encrypted): web:1', 'tank/new (encrypted) < tank/vm@web:1: web:2'],
    receiver: ['tank/vm: web:1'],
  },
  ['tank/vm is up to date in tank/vm', 'tank/new: not-encrypted'],
);

plans(
  'a clone is a conflict where the receiver has made a version of that name itself',
  {
    sender: ['tank/vm: web:1', 'tank/c < tank/vm@web:1: web:2'],
    receiver: ['tank/vm: web:1', 'tank/o < tank/vm@web:1: web:2~o'],
  },
  ['tank/vm is up to date in tank/vm', 'tank/c: version-differs'],
);

const longPlace = `tank/${'x'.repeat(240)}`;

plans(
  'an increment whose name would be too long is a conflict, as a new dataset is',
  { sender: ['tank/vm: web:1 web:2000000'], receiver: [`${longPlace}: web:1`] },
  ['tank/vm: name-too-long'],
);

plans(
  'a clone that was promoted on the receiver is not gone on in, whatever the copy has made since',
  {
    sender: ['tank/vm: web:1 web:2'],
    receiver: ['tank/ours: web:1', 'tank/vm < tank/ours@web:1: web:3'],
  },
  ['tank/vm: past-promoted'],
);

// What is asked for by name

plans(
  'a rollback destroys what the receiver has after the common version, and no more',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm (modified): web:1 @x @y'], rollback: true },
  [
    'tank/vm -> b:tank/vm',
    '  destroy b:tank/vm@y',
    '  destroy b:tank/vm@x',
    '  roll back to b:tank/vm@zfs-vm:web:1, losing 14 KiB written since its newest snapshot',
    '  web:2 incremental since web:1',
  ],
);

plans(
  'nothing is rolled back where there is nothing to send',
  { sender: ['tank/vm: web:1'], receiver: ['tank/vm: web:1 @x'], rollback: true },
  ['tank/vm is up to date in tank/vm'],
);

plans(
  'what has clones is not rolled back',
  {
    sender: ['tank/vm: web:1 web:2'],
    receiver: ['tank/vm: web:1 @x', 'tank/c < tank/vm@@x:'],
    rollback: true,
  },
  ['tank/vm: diverged'],
);

plans(
  'the root of a pool is never replaced',
  { sender: ['tank: web:1'], receiver: ['tank: @other'], replace: true },
  ['tank: destination-exists'],
);

// A clone has the key of its origin, and ZFS renames it only to below that one's encryption root (EACCES, seen on OpenZFS 2.3.2).
plans(
  'what ZFS would not rename beside itself is neither set aside nor replaced',
  {
    sender: ['tank/a: a:1 a:2', 'tank/x: x:1', 'tank/e/in: in:1 in:2'],
    receiver: [
      'tank/img (encrypted): i:1',
      'tank/a (root tank/img) (encrypted) < tank/img@i:1: a:1 @x',
      'tank/x (root tank/img) (encrypted) < tank/img@i:1: @other',
      'tank/e (encrypted):',
      'tank/e/in (root tank/e) (encrypted): in:1 @x',
    ],
    setAside: true,
    replace: true,
  },
  [
    'tank/e/in -> b:tank/e/in',
    '  set aside b:tank/e/in as tank/e/in-set-aside-NOW, with tank/e/in@x',
    '  in:2 incremental since in:1',
    'tank/a: diverged',
    'tank/x: destination-exists',
  ],
);

plans(
  'what a receiver has gone on with is set aside only where nothing lies below it, and it has a name to get',
  {
    sender: ['tank/a: a:1 a:2', 'tank/b: b:1 b:2', 'tank: root:1 root:2'],
    receiver: ['tank: root:1 @x', 'tank/a: a:1 @x', 'tank/b: b:1 @x', 'tank/b/below:'],
    setAside: true,
  },
  [
    'tank/a -> b:tank/a',
    '  set aside b:tank/a as tank/a-set-aside-NOW, with tank/a@x',
    '  a:2 incremental since a:1',
    'tank: diverged',
    'tank/b: diverged',
  ],
);

plans(
  'a member of a tree is not set aside while what it is a member of has a conflict: the tree would be of two times',
  {
    sender: ['tank/t: web:1 web:2', 'tank/t/sub: web:1 web:2', 'tank/t/same: web:1 web:2'],
    receiver: ['tank/t: web:1 @x', 'tank/t/sub: web:1 @x', 'tank/t/same: web:1'],
    setAside: true,
  },
  [
    'tank/t/same -> b:tank/t/same',
    '  web:2 incremental since web:1',
    'tank/t: diverged',
    'tank/t/sub: diverged',
  ],
);

plans(
  'what is held is not rolled back, nor anything beside it',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/db: db:1 db:2'],
    receiver: ['tank/vm: web:1 @x @y', 'tank/db: db:1 db:2~x'],
    rollback: true,
    held: ['tank/vm@x', 'tank/db@zfs-vm:db:2'],
  },
  ['tank/vm: diverged', 'tank/db: version-differs'],
);

plans(
  'a replacement destroys the dataset in the way',
  { sender: ['tank/vm: web:1'], receiver: ['tank/vm: @other'], replace: true },
  [
    'tank/vm -> b:tank/vm',
    '  destroy b:tank/vm@other',
    '  destroy b:tank/vm (kept as tank/vm-replaced-NOW until the new content is verified)',
    '  web:1 full',
  ],
);

plans(
  'a replacement takes its place only, and nothing that has the streamline elsewhere',
  { sender: ['tank/vm: web:2'], receiver: ['tank/kept: web:1'], replace: true },
  ['tank/vm: no-common-version'],
);

plans(
  'what has something below it or cloned from it is not replaced',
  {
    sender: ['tank/vm: web:1', 'tank/db: db:1'],
    receiver: ['tank/vm: @other', 'tank/vm/below:', 'tank/db: @theirs', 'tank/clone < tank/db@@theirs:'],
    replace: true,
  },
  ['tank/vm: destination-exists', 'tank/db: destination-exists'],
);

plans(
  'what goes on from one dataset is never replaced by another one of the same streamline',
  {
    sender: ['tank/vm: web:1 web:2', 'tank/fork < tank/vm@web:1: web:3'],
    receiver: ['tank/vm: web:2 web:9~x'],
    replace: true,
  },
  ['tank/vm is up to date in tank/vm', 'tank/fork: no-common-version'],
);

plans(
  'the copy of another dataset is never replaced, though that one comes later',
  {
    sender: ['tank/a: app:1 app:2 app:3', 'tank/z: web:1 web:2'],
    receiver: ['tank/a: web:1'],
    replace: true,
  },
  ['tank/z -> b:tank/a', '  web:2 incremental since web:1', 'tank/a: destination-exists'],
);

plans(
  'nor is one that goes on from a bookmark',
  {
    sender: ['tank/a: app:1 app:2 app:3', 'tank/z: #web:1 web:2'],
    receiver: ['tank/a: web:1'],
    replace: true,
  },
  ['tank/z -> b:tank/a', '  web:2 incremental since tank/z#zfs-vm:web:1', 'tank/a: destination-exists'],
);

plans(
  'what a rollback takes away is no other history any more',
  {
    sender: ['tank/vm: web:1 web:2 web:4', 'tank/new: web:3'],
    receiver: ['tank/vm: web:1 web:2 web:3~x'],
    rollback: true,
    replace: true,
  },
  [
    'tank/vm -> b:tank/vm',
    '  destroy b:tank/vm@zfs-vm:web:3',
    '  roll back to b:tank/vm@zfs-vm:web:2',
    '  web:4 incremental since web:2',
    'tank/new -> b:tank/new',
    '  web:3 full',
  ],
);

const goneOnElsewhere = {
  sender: ['tank/new: web:3', 'tank/vm (made at 7): web:1 web:2 web:4'],
  receiver: ['tank/vm: web:1 web:2 web:3~x'],
};

plans('also when it is decided after what it was in the way of', { ...goneOnElsewhere, rollback: true }, [
  'tank/new -> b:tank/new',
  '  web:3 full',
  'tank/vm -> b:tank/vm',
  '  destroy b:tank/vm@zfs-vm:web:3',
  '  roll back to b:tank/vm@zfs-vm:web:2',
  '  web:4 incremental since web:2',
]);

plans('nor is what is set aside', { ...goneOnElsewhere, setAside: true }, [
  'tank/new -> b:tank/new',
  '  web:3 full',
  'tank/vm -> b:tank/vm',
  '  set aside b:tank/vm as tank/vm-set-aside-NOW, with web:3',
  '  web:4 incremental since web:2',
]);

plans('it is one where that stays', goneOnElsewhere, ['tank/new: version-differs', 'tank/vm: diverged']);

plans(
  'a diverged dataset is never replaced: that would need more than a rollback loses',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm: web:1 @x'], replace: true },
  ['tank/vm: diverged'],
);

plans(
  'two histories under one streamline both go over',
  { sender: ['tank/a: web:1', 'tank/b: web:2'], receiver: ['tank/a: web:1'] },
  ['tank/b -> b:tank/b', '  web:2 full', 'tank/a is up to date in tank/a'],
);

plans(
  'nothing is replaced for a clone that can not be sent then, as the receiver has its version with other content elsewhere',
  {
    sender: ['tank/disk: disk:1', 'tank/clone < tank/disk@disk:1: clone:1'],
    receiver: ['tank/x/disk: disk:1', 'tank/x/clone: @other', 'tank/made < tank/x/disk@disk:1: clone:1~x'],
    to: 'tank/x',
    replace: true,
  },
  ['tank/disk is up to date in tank/x/disk', 'tank/clone: version-differs'],
);

plans(
  'what has the same version with other content itself is replaced',
  {
    sender: ['tank/disk: disk:1', 'tank/clone < tank/disk@disk:1: clone:1'],
    receiver: ['tank/x/disk: disk:1', 'tank/x/clone: clone:1~x'],
    to: 'tank/x',
    replace: true,
  },
  [
    'tank/clone -> b:tank/x/clone',
    '  destroy b:tank/x/clone@zfs-vm:clone:1',
    '  destroy b:tank/x/clone (kept as tank/x/clone-replaced-NOW until the new content is verified)',
    '  clone:1 full',
    'tank/disk is up to date in tank/x/disk',
  ],
);

plans(
  'the latest is the highest version, also where a lower one was made after it',
  { sender: ['tank/a: web:5 web:3'], receiver: [], latest: true },
  ['tank/a -> b:tank/a', '  web:5 full'],
);

plans(
  'the highest version that the receiver has gone past is a conflict',
  { sender: ['tank/a: web:5 web:3'], receiver: ['tank/a: web:3'] },
  ['tank/a: passed-by'],
);

plans(
  'older versions that the receiver lacks are no conflict',
  { sender: ['tank/a: web:1 web:2 web:3'], receiver: ['tank/a: web:3'] },
  ['tank/a is up to date in tank/a'],
);

plans(
  'an interrupted receive of a snapshot that is gone from the very dataset is dropped for --all-snapshots',
  {
    sender: ['tank/sent: @a @c'],
    receiver: ['tank/sent (partial @b since @a): @a'],
    allSnapshots: true,
  },
  [
    'tank/sent -> b:tank/sent',
    '  discard the interrupted receive of tank/sent@b in b:tank/sent: another snapshot is sent next',
    '  tank/sent@c incremental since tank/sent@a',
  ],
);

plans(
  'an interrupted receive of another dataset may be somebody else’s',
  {
    sender: ['tank/other: @a @c'],
    receiver: ['tank/other (partial @b since @a): @a'],
    allSnapshots: true,
  },
  ['tank/other: partial-receive'],
);

plans(
  'so may one from another base',
  {
    sender: ['tank/sent: @a @c @d'],
    receiver: ['tank/sent (partial @b since @a): @a @c'],
    allSnapshots: true,
  },
  ['tank/sent: partial-receive'],
);

plans(
  'the first receive of a dataset that was interrupted, of a snapshot that is gone since, is dropped for --all-snapshots',
  { sender: ['tank/sent: @c'], receiver: ['tank/sent (partial @b):'], allSnapshots: true },
  [
    'tank/sent -> b:tank/sent',
    '  discard the interrupted receive of tank/sent@b in b:tank/sent: another snapshot is sent next',
    '  tank/sent@c full',
  ],
);

plans(
  'one of another dataset at its place may be somebody else’s',
  { sender: ['tank/other: @c'], receiver: ['tank/other (partial @b):'], allSnapshots: true },
  ['tank/other: partial-receive'],
);

plans(
  'so may one of a snapshot that is still there, to be sent later',
  { sender: ['tank/sent: @a @b'], receiver: ['tank/sent (partial @b):'], allSnapshots: true },
  ['tank/sent: partial-receive'],
);

plans(
  'so may one where versions only are sent',
  { sender: ['tank/sent: web:1 web:2'], receiver: ['tank/sent (partial @b since web:1): web:1'] },
  ['tank/sent: partial-receive'],
);

const promoted = ['tank/t/sub: t:1 t:2~sub', 'tank/t < tank/t/sub@t:1: t:2'];

plans(
  'a tree whose top is a clone of what lies below it arrives, with that beside it',
  { sender: promoted, receiver: [], to: 'tank/in' },
  [
    'tank/t/sub -> b:tank/in/t-sub',
    '  make tank/in',
    '  t:1 full',
    '  t:2 incremental since t:1',
    'tank/t -> b:tank/in/t after tank/in/t-sub@zfs-vm:t:1',
    '  t:2 clone of t:1',
  ],
);

plans(
  'so do single datasets, which keep their names otherwise, and nothing takes the place of the upper one',
  { sender: ['tank/u/a/sub: u:1', 'tank/u < tank/u/a/sub@u:1: u:2'], receiver: [] },
  [
    'tank/u/a/sub -> b:tank/u-a-sub',
    '  u:1 full',
    'tank/u -> b:tank/u after tank/u-a-sub@zfs-vm:u:1',
    '  u:2 clone of u:1',
  ],
);

plans(
  'what went beside goes on there, and so does what lies below it',
  {
    sender: [
      'tank/t/sub: t:1 t:2~sub t:3~sub',
      'tank/t < tank/t/sub@t:1: t:2 t:3',
      'tank/t/sub/new: t:3~new',
    ],
    receiver: ['tank/in/t-sub: t:1 t:2~sub', 'tank/in/t < tank/in/t-sub@t:1: t:2'],
    to: 'tank/in',
  },
  [
    'tank/t/sub -> b:tank/in/t-sub',
    '  t:3 incremental since t:2',
    'tank/t -> b:tank/in/t',
    '  t:3 incremental since t:2',
    'tank/t/sub/new -> b:tank/in/t-sub/new after tank/in/t-sub',
    '  t:3 full',
  ],
);

plans(
  'a clone that is not encrypted does not go where the copy of its origin is locked',
  {
    sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'],
    receiver: ['tank/x (encrypted) (locked):', 'tank/x/vm (encrypted) (locked) (root tank/x): web:1'],
    to: 'tank/x',
  },
  ['tank/vm is up to date in tank/x/vm', 'tank/new: key-not-loaded'],
);
