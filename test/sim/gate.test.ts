import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../src/gate/policy.js';
import { policyOf, type SimGate } from './gated-host.js';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';

const config = `
[remotes.b]
host = "root@b"
dest = "tank/backup"
gate = true
[remotes.c]
host = "root@c"
dest = "tank/backup"
gate = true
`;

/** A machine with an image and two others with gates before them; `b` and `c` know where copies go. */
function gatedWorld(policy: Partial<Policy>): {
  world: SimWorld;
  a: Machine;
  b: Machine;
  c: Machine;
  gate: SimGate;
} {
  const world = new SimWorld(7);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => world.addMachine(name)) as [Machine, Machine, Machine];
  world.configFiles.set('config.toml', config);
  for (const machine of [b, c]) machine.pools.create('tank/backup');
  a.pools.create('tank/vm');
  tag(a, 1);
  const gate = { policy: policyOf(policy), log: [] };
  world.gates.set(b, gate);
  world.gates.set(c, { policy: policyOf(policy), log: [] });
  return { world, a, b, c, gate };
}

function tag(machine: Machine, version: number): void {
  machine.pools.write('tank/vm', [version % 4, 5]);
  machine.pools.snapshot([`tank/vm@zfs-vm:web:${version}`]);
}

const receiving: Partial<Policy> = {
  allow: new Set(['list', 'receive']),
  roots: ['tank/backup'],
  appendOnly: true,
};

test('a push through an append-only gate brings all versions, in a first run and in later ones', async () => {
  const { world, a, b, gate } = gatedWorld(receiving);
  const first = await world.run('a', 'push b');
  assert.equal(first.status, 0, first.stderr);
  for (const version of [2, 3, 4]) tag(a, version);
  const second = await world.run('a', 'push b');
  assert.equal(second.status, 0, second.stderr);
  assertHasVersionsOf(b, a);
  const third = await world.run('a', 'push b');
  assert.deepEqual([third.status, third.stdout], [0, (await world.run('a', 'push b')).stdout]);
  assert.deepEqual(gate.log, []);
});

test('a push to several receivers behind gates brings all versions to each', async () => {
  const { world, a, b, c } = gatedWorld(receiving);
  for (const version of [2, 3]) tag(a, version);
  const { status, stderr } = await world.run('a', 'push b c');
  assert.equal(status, 0, stderr);
  assertHasVersionsOf(b, a);
  assertHasVersionsOf(c, a);
});

test('an interrupted push through a gate is resumed', async () => {
  const { world, a, b, gate } = gatedWorld(receiving);
  a.pools.write('tank/vm', [...Array(200).keys()]);
  tag(a, 2);
  const run = world.start('a', 'push --retries 0 b');
  let isBroken = false;
  b.delayMs = (work) => {
    const [, link] = run.connections;
    if (work === 'receive' && !isBroken) {
      isBroken = true;
      link?.breakAfter(200_000);
    }
    return 1;
  };
  const first = await run.finished;
  assert.notEqual(first.status, 0);
  assert.ok(isBroken);
  const second = await world.run('a', 'push b');
  assert.equal(second.status, 0, second.stderr);
  assertHasVersionsOf(b, a);
  assert.deepEqual(gate.log, []);
});

test('a gate that the configuration does not know is found out in the same run', async () => {
  const { world, a, b, gate } = gatedWorld(receiving);
  world.configFiles.set('config.toml', config.replaceAll('gate = true', ''));
  const { status, stderr } = await world.run('a', 'push b');
  assert.equal(status, 0, stderr);
  assertHasVersionsOf(b, a);
  assert.ok(
    gate.log.length > 0 && gate.log.every((line) => line.includes('not a request of zfs-vm')),
    String(gate.log),
  );
});

test('a pull through a gate brings all versions, with holds, bookmarks and notes', async () => {
  const { world, a, b, gate } = gatedWorld({ allow: new Set(['list', 'send']), roots: ['tank/vm'] });
  world.gates.delete(b);
  world.gates.set(a, gate);
  world.configFiles.set('config.toml', '[remotes.a]\nhost = "root@a"\ngate = true\n');
  tag(a, 2);
  const { status, stderr } = await world.run('b', 'pull --props compression a');
  assert.equal(status, 0, stderr);
  assertHasVersionsOf(b, a);
  assert.deepEqual(gate.log, []);
});

test('a prune through a gate that allows it destroys what it would without, and one that does not refuses it', async () => {
  const { world, a, b, gate } = gatedWorld({ roots: ['tank/backup'] });
  for (const version of [2, 3, 4]) tag(a, version);
  assert.equal((await world.run('a', 'push b')).status, 0);
  const allowed = await world.run('a', 'prune --keep-last 3 --yes b');
  assert.equal(allowed.status, 0, allowed.stderr);
  assert.deepEqual(gate.log, []);
  const before = describeState(b);
  const log: string[] = [];
  world.gates.set(b, { policy: policyOf(receiving), log });
  const refused = await world.run('a', 'prune --keep-last 1 --yes b');
  assert.equal(refused.status, 4, refused.stderr);
  assert.match(refused.stderr, /the gate refused/);
  assert.deepEqual(describeState(b), before);
  assert.ok(log.length > 0, 'it was logged');
});

test('nothing is received outside the datasets that are named, and nothing outside is told', async () => {
  const { world, b, gate } = gatedWorld(receiving);
  b.pools.create('tank/secret');
  b.pools.snapshot(['tank/secret@zfs-vm:db:1']);
  const listed = await world.run('a', 'list b');
  assert.equal(listed.status, 0, listed.stderr);
  assert.doesNotMatch(listed.stdout, /secret|db/);
  const pushed = await world.run('a', 'push -d tank/other b');
  assert.notEqual(pushed.status, 0);
  assert.match(pushed.stderr, /tank\/other/);
  assert.ok(
    gate.log.every((line) => line.includes('tank/other')),
    String(gate.log),
  );
});

test('what is copied between two datasets of one host behind a gate comes along here', async () => {
  const { world, a, gate } = gatedWorld({});
  world.gates.set(a, gate);
  world.configFiles.set('config.toml', '[remotes.a]\nhost = "root@a"\ngate = true\n');
  a.pools.create('tank/copies');
  const { status, stderr } = await world.run('c', 'copy -d tank/copies a a');
  assert.equal(status, 0, stderr);
  assert.deepEqual(gate.log, []);
});
