import assert from 'node:assert/strict';
import { keptBookmarks } from '../../../src/tasks/doctor/judge-leftovers.js';
import { test } from 'node:test';
import { doctor } from '../../../src/tasks/doctor/doctor.js';
import type { Finding } from '../../../src/tasks/doctor/finding.js';
import type { Machine } from '../../sim/machine.js';
import { describeState } from '../../sim/oracle.js';
import { SimWorld } from '../../sim/sim-world.js';
import { addLargeVersion, runAndKill } from '../../sim/steps.js';
import { surround, type SurroundOptions } from '../sim-surroundings.js';

function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  b.pools.create('tank/vm');
  b.pools.snapshot(['tank/vm@zfs-vm:web:1']);
  return { world, a, b };
}

/** What isn't well on a host. */
async function findTrouble(
  world: SimWorld,
  { host = 'b', destination, ...options }: SurroundOptions & { host?: string; destination?: string } = {},
): Promise<Finding[]> {
  const { findings } = await doctor({ host, destination }, surround(world, 'a', options));
  return findings.filter(({ level }) => level !== 'ok');
}

test('a host that is well has nothing but ok, and is as it was', async () => {
  const { world, b } = makeWorld();
  const before = describeState(b);
  const { host, findings } = await doctor({ host: 'b', destination: 'tank/vm' }, surround(world, 'a'));
  assert.equal(host, 'b');
  assert.deepEqual(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  );
  assert.deepEqual(
    [...new Set(findings.map(({ kind }) => kind))],
    [
      ...['connection', 'host-key', 'sessions', 'account', 'banner', 'programs', 'zstd', 'clock'],
      ...['zfs-version', 'pools', 'pool-health', 'pool-features', 'pool-space', 'destination'],
      ...['all-rights', 'no-leftovers'],
    ],
  );
  assert.equal(describeState(b), before);
});

test('this machine is examined without a connection, and its locks are', async () => {
  const { world } = makeWorld();
  const { findings } = await doctor({}, surround(world, 'a'));
  const kinds = findings.map(({ kind }) => kind);
  assert.deepEqual(kinds.slice(0, 2), ['local', 'locks']);
  assert.ok(!kinds.includes('clock'));
});

/** What is put in, and the one finding that is to come of it. */
const faults: readonly (readonly [
  name: string,
  put: (machine: Machine, world: SimWorld) => unknown,
  expected: Partial<Finding> & Pick<Finding, 'kind' | 'level'>,
  options?: { readonly host?: string; readonly destination?: string; readonly sudo?: boolean },
])[] = [
  ['a host that is down', (b) => (b.unreachable = 'down'), { kind: 'unreachable', level: 'fault' }],
  ['a banner', (b) => (b.banner = 'Welcome!\n'), { kind: 'banner', level: 'note', text: 'Welcome!' }],
  ['no awk', (b) => b.missingPrograms.add('awk'), { kind: 'programs', level: 'fault', missing: ['awk'] }],
  ['no zstd', (b) => b.missingPrograms.add('zstd'), { kind: 'zstd', level: 'note', isThere: false }],
  [
    'a clock behind',
    (b) => (b.clockOffsetMs = -90_000),
    { kind: 'clock', level: 'warning', skewSeconds: -90 },
  ],
  ['no zfs', (b) => b.missingPrograms.add('zfs'), { kind: 'zfs-unusable', level: 'fault' }],
  ['a degraded pool', setPool({ health: 'DEGRADED' }), { kind: 'pool-health', level: 'warning' }],
  ['a suspended pool', setPool({ health: 'SUSPENDED' }), { kind: 'pool-health', level: 'fault' }],
  ['a pool that is read-only', setPool({ isReadonly: true }), { kind: 'pool-readonly', level: 'fault' }],
  [
    'a disabled feature',
    setPool({ disabledFeatures: ['zstd_compress', 'async_destroy'] }),
    { kind: 'pool-features', level: 'warning', disabled: ['zstd_compress'] },
  ],
  ['a pool that is nearly full', setPool({ percentUsed: 93 }), { kind: 'pool-space', level: 'warning' }],
  [
    'a quota that is reached',
    (b) => {
      b.pools.set('tank/vm', new Map([['quota', '1000']]));
    },
    { kind: 'quota', level: 'fault', dataset: 'tank/vm', availableBytes: 0 },
  ],
  [
    'a destination that a push would create',
    () => undefined,
    { kind: 'destination', level: 'note', missing: 'tank/new' },
    { destination: 'tank/new/vm' },
  ],
  [
    'a pool that is missing',
    () => undefined,
    { kind: 'destination', level: 'fault', missing: 'nopool' },
    { destination: 'nopool/vm' },
  ],
  [
    'a malformed tag',
    (b) => {
      b.pools.snapshot(['tank/vm@zfs-vm:oops']);
    },
    { kind: 'malformed-tags', level: 'warning', names: ['zfs-vm:oops'] },
  ],
  [
    'a hold of a run that may be at work',
    (b) => {
      b.pools.hold('zfs-vm:77-0123abcd', 'tank/vm@zfs-vm:web:1');
    },
    { kind: 'young-holds', level: 'note', count: 1 },
  ],
  [
    'bookmarks by the thousand',
    (b) => {
      for (let index = 0; index < 1000; index++) {
        b.pools.bookmark('tank/vm@zfs-vm:web:1', `tank/vm#zfs-vm:old:${index}`);
      }
    },
    { kind: 'bookmarks', level: 'warning', count: 1000 - keptBookmarks },
  ],
  [
    'a sudo that logs what commands read',
    (_b, world) => {
      world.addUser('pat', { sudo: 'anything, and logs what it reads' });
    },
    { kind: 'sudo', level: 'note', isLogging: true },
    { host: 'pat@b', sudo: true },
  ],
  [
    'a sudo that refuses the user',
    (_b, world) => {
      world.addUser('pat', { sudo: 'nothing' });
    },
    { kind: 'zfs-unusable', level: 'fault' },
    { host: 'pat@b', sudo: true },
  ],
];

function setPool(state: Parameters<Machine['poolStates']['set']>[1]): (machine: Machine) => void {
  return ({ poolStates }) => {
    poolStates.set('tank', state);
  };
}

for (const [name, put, expected, { sudo, ...options } = {}] of faults) {
  test(`${name} is found, and nothing else`, async () => {
    const { world, b } = makeWorld();
    await put(b, world);
    const trouble = await findTrouble(world, { ...options, access: { sudo } });
    assert.deepEqual(
      trouble.map((finding) =>
        Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(finding, key)])),
      ),
      [expected],
    );
  });
}

test('an interrupted receive is found, and how to go on', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addLargeVersion(a, 'web:1');
  await runAndKill(world, 'a', 'push b', b);
  const trouble = await findTrouble(world);
  assert.deepEqual(
    trouble.map(({ kind, level }) => [kind, level]),
    [['partials', 'warning']],
  );
});

test('a hold of a run of this machine that has died is found', async () => {
  const { world, b } = makeWorld();
  const [tag, snapshot] = ['zfs-vm:77-0123abcd', 'tank/vm@zfs-vm:web:1'];
  b.pools.hold(tag, snapshot);
  let isAlive = true;
  const journal = world.journal('a').open(() => isAlive);
  await journal.write({ host: 'b', zfs: ['zfs'], tag, snapshots: [snapshot], pid: 77, isTaken: true });
  isAlive = false;
  assert.deepEqual(await findTrouble(world), [
    { kind: 'holds', level: 'warning', count: 1, snapshots: [snapshot] },
  ]);
});

test('where sudo wants a password that nobody gives, that is found, and what the user may do without', async () => {
  const { world } = makeWorld();
  world.addUser('pat', { sudo: 'after a password' });
  const trouble = await findTrouble(world, { host: 'pat@b', access: { sudo: true } });
  assert.deepEqual(
    trouble.map(({ kind, level }) => [kind, level]),
    [['sudo-unusable', 'fault'], ...['tag', 'send', 'receive', 'prune'].map(() => ['rights', 'fault'])],
  );
});

test('what a user without root lacks is told for each duty, with the place', async () => {
  const { world } = makeWorld();
  world.addUser('zed', { permissions: ['send', 'hold', 'release', 'receive', 'create', 'userprop'] });
  const trouble = await findTrouble(world, { host: 'zed@b' });
  assert.deepEqual(trouble, [
    {
      ...{ kind: 'rights', level: 'note', duty: 'tag', user: 'zed', place: 'tank/vm', missing: ['snapshot'] },
      wanted: ['snapshot', 'userprop'],
    },
    {
      ...{ kind: 'rights', level: 'warning', duty: 'send', user: 'zed', place: 'tank/vm' },
      ...{ missing: ['bookmark'], wanted: ['send', 'hold', 'release', 'bookmark'] },
    },
    {
      ...{ kind: 'rights', level: 'fault', duty: 'receive', user: 'zed', place: 'tank/vm' },
      ...{ missing: ['mount', 'canmount'], wanted: ['receive', 'create', 'mount', 'canmount', 'userprop'] },
    },
    {
      ...{ kind: 'rights', level: 'note', duty: 'prune', user: 'zed', place: 'tank/vm' },
      ...{ missing: ['destroy', 'mount'], wanted: ['destroy', 'mount'] },
    },
  ]);
});

test('the command prints a line a finding, and ends with 0, 1 or 4', async () => {
  const { world, b } = makeWorld();
  const well = await world.run('a', 'doctor b');
  assert.equal(well.status, 0);
  assert.match(well.stdout, /^(ok {6}[^\n]+\n)+$/);
  b.clockOffsetMs = 3_600_000;
  const late = await world.run('a', 'doctor b');
  assert.equal(late.status, 1);
  assert.match(late.stdout, /^warning {2}clock +3600 s ahead of this machine; to resolve: .*NTP/m);
  b.unreachable = 'down';
  const { status, stdout } = await world.run('a', 'doctor --json b');
  assert.equal(status, 4);
  const { host, findings } = JSON.parse(stdout) as { host: string; findings: { kind: string }[] };
  assert.deepEqual([host, findings.map(({ kind }) => kind)], ['b', ['unreachable']]);
});

test('what is set aside and has clones is not said to be destroyed at once, and goes as it is said', async () => {
  const { world, b } = makeWorld();
  b.pools.write('tank/vm', [5]);
  b.pools.snapshot(['tank/vm@zfs-vm:web:2']);
  await world.run('b', 'restore web:1');
  const aside = [...b.pools.datasets.keys()].find((name) => name.includes('set-aside')) ?? '';
  const say = async (): Promise<string> => (await world.run('a', 'doctor b')).stdout;
  assert.match(await say(), new RegExp(`zfs destroy -r ${aside}"`));
  b.pools.clone(`${aside}@zfs-vm:web:2`, 'tank/work');
  const told = await say();
  assert.match(told, new RegExp(`${aside} cannot be destroyed while it has clones: tank/work`));
  assert.doesNotMatch(told, /zfs destroy/);
  assert.match(told, /"zfs promote tank\/work"/);
  b.pools.promote('tank/work');
  assert.match(await say(), new RegExp(`zfs destroy -r ${aside}"`));
  b.pools.destroy(aside, { recursive: true });
  assert.equal(b.pools.open('tank/work').snapshots.length, 1);
});
