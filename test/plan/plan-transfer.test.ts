import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/plan/plan.js';
import { planTransfer, type TransferRequest } from '../../src/plan/plan-transfer.js';
import { describeRoute, describeStep } from '../../src/report/describe-plan.js';
import { formatTagShort } from '../../src/streamline/tag.js';
import { world } from '../worlds.js';

/** A plan as lines: parents, chains with their steps, what is up to date, conflicts. */
function show(plan: Plan): string[] {
  return [
    ...plan.parents.map((parent) => `make ${parent}`),
    ...plan.chains.flatMap((chain) => [
      `${describeRoute(chain, 'b')}${chain.after === undefined ? '' : ` after ${chain.after}`}${chain.raw ? ' raw' : ''}`,
      ...chain.steps.map((step) => `  ${formatTagShort(step.to.tag)} ${describeStep(step)}`),
    ]),
    ...plan.upToDate.map(({ source, destination }) => `${source} is up to date in ${destination}`),
    ...plan.conflicts.map(({ source, reason }) => `${source}: ${reason.kind}`),
  ];
}

/** One case: what both sides have, and the plan as `show` gives it. */
function plans(
  title: string,
  request: { sender: string[]; receiver: string[]; only?: string[]; to?: string },
  expected: readonly string[],
): void {
  test(title, () => {
    const { sender, receiver, only, to } = request;
    const full: TransferRequest = {
      sender: world(...sender),
      receiver: world('tank:', ...receiver),
      ...(only === undefined ? {} : { streamlines: new Set(only) }),
      ...(to === undefined ? {} : { destination: to }),
    };
    assert.deepEqual(show(planTransfer(full)), expected);
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
  ['make tank/a', 'make tank/a/b', 'pool/src/1007 -> b:tank/a/b/1007', '  web:1 full'],
);

plans(
  'versions are matched by GUID: the same name with other content is no base',
  { sender: ['tank/vm: web:1 web:2'], receiver: ["tank/vm: web:1'"] },
  ['tank/vm: no-common-version'],
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
    'tank/new -> b:tank/new after tank/vm',
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
    'tank/m -> b:tank/m after tank/z',
    '  web:2 clone of web:1',
    'tank/a -> b:tank/a after tank/m',
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
    'make tank/keep2',
    'tank/new -> b:tank/keep2/new',
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
    receiver: ["tank/vm: web:1 web:2'"],
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
  ['make tank/x', 'tank/a/vm -> b:tank/x/vm', '  web:1 full', 'tank/b/vm: name-taken'],
);

plans('a pool that the receiver lacks is a conflict', { sender: ['rpool/vm: web:1'], receiver: [] }, [
  'rpool/vm: no-pool',
]);

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
  'a copy among the sources is sent once',
  { sender: ['tank/vm: web:1 web:2', 'tank/backup/vm: web:1 web:2'], receiver: [], to: 'tank/x' },
  [
    'make tank/x',
    'tank/backup/vm -> b:tank/x/vm',
    '  web:1 full',
    '  web:2 incremental since web:1',
    'tank/vm is up to date in tank/x/vm',
  ],
);

test('a clone step names the origin that it will have on the receiver', () => {
  const plan = planTransfer({
    sender: world('tank/vm: web:1', 'tank/new < tank/vm@web:1: web:2'),
    receiver: world('tank:'),
    destination: 'tank/x',
  });
  const [step] = plan.chains[1]?.steps ?? [];
  assert.ok(step?.kind === 'clone');
  assert.equal(step.origin, 'tank/x/vm@zfs-vm:web:1');
});
