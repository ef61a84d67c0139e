import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../src/base/errors.js';
import { parseVersion } from '../../src/streamline/version.js';
import type { PlannedTransfer, ReceiverOutcome } from '../../src/tasks/transfer-outcome.js';
import { transferDefaults, type TransferRequest } from '../../src/tasks/transfer/options.js';
import { planPush, push } from '../../src/tasks/transfer/push.js';
import type { Machine } from '../sim/machine.js';
import { assertHasVersionsOf, describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addLargeVersion, addVersion, versionsOf } from '../sim/steps.js';
import { surround, type SimSurroundings } from './sim-surroundings.js';

interface World {
  readonly world: SimWorld;
  readonly a: Machine;
  readonly b: Machine;
  readonly c: Machine;
}

/** Three hosts, of which a has two versions of an image. */
function makeWorld(): World {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  a.pools.create('tank/vm');
  for (const tag of ['web:1', 'web:2']) addVersion(a, 'tank/vm', tag);
  return { world, a, b, c };
}

/** The same after a push to b, where the copy was written to since, while a has another version. */
async function makeDiverged(): Promise<World> {
  const made = makeWorld();
  await push({ hosts: ['b'] }, surround(made.world, 'a'));
  addVersion(made.a, 'tank/vm', 'web:3');
  addVersion(made.b, 'tank/vm', 'own:1');
  return made;
}

/** What each receiver is told to have come to: its name, its versions, and what ended it. */
function describeOutcomes(outcomes: readonly ReceiverOutcome[]): unknown[] {
  return outcomes.map(({ receiver, ending, error }) => [receiver, ending?.result.versions, error?.kind]);
}

function describeSteps({ plan }: PlannedTransfer): string[] {
  return plan.chains.flatMap(({ destination, steps }) =>
    steps.map(({ kind, to }) => `${kind} ${destination} ${to.name.replace('zfs-vm:', '')}`),
  );
}

/** The kinds of what was told of the transfer to a receiver, or of all of them together. */
function toldOf(around: SimSurroundings, receiver: string | undefined): string[] {
  return around.events.flatMap((event) =>
    event.kind === 'transfer' && event.receiver === receiver ? [event.event.kind] : [],
  );
}

test('a plan has the steps of each receiver, their sizes, and what several share, and changes nothing', async () => {
  const { world, a, b, c } = makeWorld();
  const first = { streamline: 'web', upTo: parseVersion('1') };
  await push({ hosts: ['c'], choice: { patterns: [first], latest: false } }, surround(world, 'a'));
  const states = [a, b, c].map(describeState);
  const around = surround(world, 'a');
  const { plans, shared, failures } = await planPush({ hosts: ['b', 'c'] }, around);
  assert.deepEqual(
    plans.map((planned) => [planned.receiverName, describeSteps(planned)]),
    [
      ['b', ['full tank/vm web:1', 'incremental tank/vm web:2']],
      ['c', ['incremental tank/vm web:2']],
    ],
  );
  for (const { plan, sizes } of plans) {
    for (const { steps } of plan.chains) for (const step of steps) assert.ok((sizes.get(step) ?? 0) > 0);
  }
  assert.deepEqual(
    shared.map(({ receivers, chain }) => [receivers, chain.steps.map(({ to }) => to.tag?.version.text)]),
    [[['b', 'c'], ['2']]],
  );
  assert.deepEqual([failures, around.asked], [[], []]);
  assert.deepEqual([a, b, c].map(describeState), states);
});

test('a push to one host gives its plan and its result, and tells what happens in order', async () => {
  const { world, a, b } = makeWorld();
  const around = surround(world, 'a');
  const [outcome, ...others] = await push({ hosts: ['b'] }, around);
  assert.deepEqual(others, []);
  assert.ok(outcome?.ending);
  const { plan, result } = outcome.ending;
  assert.deepEqual(
    plan.chains.map(({ source, destination }) => [source, destination]),
    [['tank/vm', 'tank/vm']],
  );
  const { versions, failedVersions, bytes, errors, faults } = result;
  assert.deepEqual([versions, failedVersions, errors, faults.size], [2, 0, [], 0]);
  assert.ok(bytes > 0);
  assertHasVersionsOf(b, a);
  assert.deepEqual(around.events[0], { kind: 'receivers', sender: 'local', receivers: ['b'] });
  const kinds = ['planned', 'step-started', 'step-done', 'verified', 'finished'];
  assert.deepEqual(
    toldOf(around, 'b').filter((kind) => kinds.includes(kind)),
    ['planned', 'step-started', 'step-done', 'step-started', 'step-done', 'verified', 'finished'],
  );
});

test('a push of what is there already sends nothing, and gives which copy has it', async () => {
  const { world, b } = makeWorld();
  await push({ hosts: ['b'] }, surround(world, 'a'));
  const state = describeState(b);
  const [outcome] = await push({ hosts: ['b'] }, surround(world, 'a'));
  assert.deepEqual(
    outcome?.ending?.plan.upToDate.map(({ destination, newest }) => [destination, newest.name]),
    [['tank/vm', 'zfs-vm:web:2']],
  );
  assert.deepEqual([outcome.ending.result.versions, outcome.ending.result.bytes], [0, 0]);
  assert.equal(describeState(b), state);
});

test('of two receivers, each has its own result, and what both need is told to be shared', async () => {
  const { world, a, b, c } = makeWorld();
  const remotes = '[remotes.near]\nhost = "b"\n[remotes.far]\nhost = "c"\ndest = "tank/copy"\n';
  const config = `${remotes}[groups]\nall = ["near", "far"]\n`;
  const around = surround(world, 'a', { config });
  const outcomes = await push({ hosts: ['all'] }, around);
  assert.deepEqual(describeOutcomes(outcomes), [
    ['near', 2, undefined],
    ['far', 2, undefined],
  ]);
  assertHasVersionsOf(b, a);
  assert.equal(versionsOf(c, 'tank/copy/vm'), 'web:1 web:2');
  assert.deepEqual(toldOf(around, undefined).filter((kind) => kind === 'sharing').length, 1);
  for (const receiver of ['near', 'far']) assert.equal(toldOf(around, receiver).at(-1), 'finished');
});

test('a receiver that is missing has its error, and the other one has everything', async () => {
  const { world, a, b, c } = makeWorld();
  c.unreachable = 'no route';
  const around = surround(world, 'a');
  const outcomes = await push({ hosts: ['c', 'b'], retries: 0 }, around);
  assert.deepEqual(describeOutcomes(outcomes), [
    ['c', undefined, 'connection'],
    ['b', 2, undefined],
  ]);
  assertHasVersionsOf(b, a);
  assert.deepEqual(
    around.events.filter(({ kind }) => kind === 'receiver-failed'),
    [{ kind: 'receiver-failed', receiver: 'c', error: outcomes[0]?.error }],
  );
  const { plans, failures } = await planPush({ hosts: ['c', 'b'] }, surround(world, 'a'));
  assert.deepEqual(
    [plans.map(({ receiverName }) => receiverName), failures.map(({ receiver }) => receiver)],
    [['b'], ['c']],
  );
});

test('what is the same for all receivers is thrown, and told of none', async () => {
  const { world, b, c } = makeWorld();
  const states = [b, c].map(describeState);
  const around = surround(world, 'a');
  const choice = { patterns: [{ streamline: 'nope', upTo: undefined }], latest: false };
  await assert.rejects(push({ hosts: ['b', 'c'], choice }, around), { kind: 'usage' });
  assert.deepEqual([b, c].map(describeState), states);
  assert.ok(around.events.every(({ kind }) => kind !== 'receiver-failed'));
});

test('a host that is lost on the way is tried as often as the request says, and the result is of all attempts', async () => {
  for (const retries of [0, 1]) {
    const { world, a, b } = makeWorld();
    addLargeVersion(a, 'web:3');
    let received = 0;
    b.delayMs = (work) => {
      if (work === 'receive' && ++received === 50) b.disconnectAll('it broke');
      return 1;
    };
    const around = surround(world, 'a');
    const [outcome] = await push({ hosts: ['b'], retries }, around);
    const { versions, failedVersions, faults } = outcome?.ending?.result ?? {};
    assert.deepEqual(
      [outcome?.error, versions, failedVersions, faults],
      retries === 0 ? [undefined, 2, 1, new Set(['lost'])] : [undefined, 3, 0, new Set()],
    );
    assert.equal(toldOf(around, 'b').filter((kind) => kind === 'retrying').length, retries);
  }
});

test('a copy that has gone on is a conflict with its evidence, and nothing is done', async () => {
  const { world, b } = await makeDiverged();
  const state = describeState(b);
  const around = surround(world, 'a');
  const [outcome] = await push({ hosts: ['b'] }, around);
  const reasons = outcome?.ending?.plan.conflicts.map(({ reason }) => reason) ?? [];
  assert.deepEqual(
    reasons.map((reason) => reason.kind === 'diverged' && [reason.common.name, reason.receiverOnly.length]),
    [['zfs-vm:web:2', 1]],
  );
  assert.deepEqual([outcome?.ending?.result.versions, around.asked], [0, []]);
  assert.equal(describeState(b), state);
});

test('what a rollback destroys is asked for as data, once, and is gone after a yes', async () => {
  const { world, a, b } = await makeDiverged();
  const around = surround(world, 'a');
  const [outcome] = await push({ hosts: ['b'], rollback: true }, around);
  assert.equal(outcome?.ending?.result.versions, 1);
  const [loss, ...others] = around.asked;
  assert.ok(loss?.kind === 'preparation' && loss.chain.preparation?.kind === 'rollback');
  assert.deepEqual(
    [loss.host, loss.chain.preparation.destroys.map(({ name }) => name), others],
    ['b', ['zfs-vm:own:1'], []],
  );
  assert.equal(versionsOf(b), versionsOf(a));
});

test('when what would be destroyed is refused, the task throws what refused it, and nothing is done anywhere', async () => {
  const { world, b, c } = await makeDiverged();
  const states = [b, c].map(describeState);
  const refusal = new ZfsVmError('conflict', 'no');
  const around = surround(world, 'a', { refuse: () => refusal });
  await assert.rejects(push({ hosts: ['b', 'c'], rollback: true }, around), refusal);
  assert.deepEqual(
    around.asked.map(({ kind, host }) => [kind, host]),
    [['preparation', 'b']],
  );
  assert.deepEqual([b, c].map(describeState), states);
});

test('versions that the sender no longer has are asked for, and counted where they are deleted', async () => {
  const { world, a, b } = makeWorld();
  await push({ hosts: ['b'] }, surround(world, 'a'));
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  addVersion(a, 'tank/vm', 'web:3');
  const around = surround(world, 'a');
  const [outcome] = await push({ hosts: ['b'], deletesGone: true }, around);
  assert.deepEqual(
    around.asked.map(
      (loss) => loss.kind === 'deletion' && loss.destruction.snapshots.map(({ name }) => name),
    ),
    [['zfs-vm:web:1']],
  );
  assert.equal(outcome?.ending?.result.deleted, 1);
  assert.equal(versionsOf(b), 'web:2 web:3');
});

test('setting aside asks nobody, and tells where to', async () => {
  const { world, a, b } = await makeDiverged();
  const around = surround(world, 'a', { refuse: () => new ZfsVmError('conflict', 'no') });
  const [outcome] = await push({ hosts: ['b'], setAside: true }, around);
  assert.equal(outcome?.ending?.result.versions, 1);
  const moved = around.events.flatMap((each) =>
    each.kind === 'transfer' && each.event.kind === 'moved-aside' ? [each.event] : [],
  );
  assert.deepEqual(
    moved.map(({ host, destination, isKept }) => [host, destination, isKept]),
    [['b', 'tank/vm', true]],
  );
  assert.equal(versionsOf(b, moved[0]?.aside), 'own:1');
  assert.equal(versionsOf(b), versionsOf(a));
});

test('a push that is stopped throws the reason, and the sender holds nothing any more', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:3');
  const stop = new AbortController();
  let received = 0;
  b.delayMs = (work) => {
    if (work === 'receive' && ++received === 50) stop.abort(new ZfsVmError('interrupted', 'enough'));
    return 1;
  };
  const around = surround(world, 'a', { signal: stop.signal });
  await assert.rejects(push({ hosts: ['b'] }, around), { kind: 'interrupted', message: 'enough' });
  assert.ok(a.pools.open('tank/vm').snapshots.every(({ holds }) => holds.size === 0));
});

/** Of properties, what no command could have read. */
const faultyProperties = [
  { set: [{ name: 'volblocksize', value: '8K' }] },
  { set: [{ name: 'user:x', value: 'a\nb' }] },
  { set: [{ name: '-o', value: 'off' }] },
  { set: [{ name: 'compress', value: 'off' }] },
  { set: [{ name: 'atime', value: 'off' }], exclude: ['atime'] },
  { exclude: ['origin'] },
  { carry: ['mountpoint'] },
].map((changes) => ({ properties: { ...transferDefaults.properties, ...changes } }));

test('what can not be asked for is refused before anything is connected to', async () => {
  const { world } = makeWorld();
  const around = surround(world, 'a');
  const connect = (): never => {
    throw new Error('nothing is to be connected to');
  };
  const refused: readonly TransferRequest[] = [
    { setAside: true, rollback: true },
    { setAside: true, replace: true },
    { destination: '-x' },
    { destination: 'tank/a@b' },
    ...faultyProperties,
  ];
  for (const request of refused) {
    await assert.rejects(push({ hosts: ['b'], ...request }, { ...around, connect }), { kind: 'usage' });
  }
  await assert.rejects(push({ hosts: ['local'] }, { ...around, connect }), { kind: 'usage' });
});
