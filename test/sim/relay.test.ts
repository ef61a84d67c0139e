import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState } from './oracle.js';
import { SimWorld, type RunResult } from './sim-world.js';

const names = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** A host a with an image in two versions and a clone of it, seven empty ones, and what each of them was asked to send. */
function makeWorld(): { world: SimWorld; a: Machine; receivers: Machine[]; sends: Map<string, string[]> } {
  const world = new SimWorld();
  const a = world.addMachine('a');
  const receivers = names.map((name) => world.addMachine(name));
  // A stream takes time, or nobody would be needed beside this machine.
  for (const receiver of receivers) receiver.delayMs = (work) => (work === 'receive' ? 1000 : 0);
  a.pools.create('tank/vm');
  for (const version of [1, 2]) addVersion(a, 'tank/vm', `web:${version}`);
  a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/dev');
  addVersion(a, 'tank/dev', 'dev:1');
  const sends = new Map(['a', ...names].map((name) => [name, listenTo(world.machine(name))]));
  return { world, a, receivers, sends };
}

function addVersion({ pools }: Machine, dataset: string, tag: string): void {
  pools.write(dataset, [0, 1, 2]);
  pools.snapshot([`${dataset}@zfs-vm:${tag}`]);
}

/** Notes what a machine is asked to send. */
function listenTo(machine: Machine): string[] {
  const sent: string[] = [];
  machine.beforeZfs = ([subcommand, ...words]) => {
    if (subcommand === 'send' && !words.includes('-n')) sent.push(words.at(-1) ?? '');
  };
  return sent;
}

async function expectRun(world: SimWorld, args: string, status = 0): Promise<RunResult> {
  const result = await world.run('a', args);
  assert.equal(result.status, status, `zfs-vm ${args}\n${result.stdout}${result.stderr}`);
  return result;
}

/** All have what a has, know whose copies they have, hold nothing, and lack nothing in the eyes of a push without relays. */
async function assertAllInSync(world: SimWorld, a: Machine, receivers: readonly Machine[]): Promise<void> {
  for (const receiver of receivers) assertHasVersionsOf(receiver, a);
  const states = receivers.map(describeState);
  const { stdout } = await expectRun(world, `push -d tank/copy ${names.join(' ')}`);
  assert.equal([...stdout.matchAll(/nothing to do: . is up to date/g)].length, receivers.length, stdout);
  assert.deepEqual(receivers.map(describeState), states);
  for (const { pools } of [a, ...receivers]) {
    for (const { snapshots } of pools.below('tank')) {
      for (const { holds } of snapshots) assert.equal(holds.size, 0);
    }
  }
}

test('this machine sends to one host, and the hosts to each other', async () => {
  const { world, a, receivers, sends } = makeWorld();
  const { stdout } = await expectRun(world, `push --relay -d tank/copy ${names.join(' ')}`);
  await assertAllInSync(world, a, receivers);
  // After each round there are twice as many who send.
  const streams = [...sends.values()].map((sent) => sent.length);
  assert.equal(
    streams.reduce((sum, count) => sum + count),
    3 * names.length,
  );
  assert.ok(Math.max(...streams) <= 3 * 3, streams.join(', '));
  assert.ok(streams.filter((count) => count > 0).length >= 4, streams.join(', '));
  assert.match(stdout, /^([b-h]) +[b-h] sends to \1$/m);
});

test('a host that fails to send, and one that may not, are passed by', async () => {
  const { world, a, receivers, sends } = makeWorld();
  world.configFiles.set('config.toml', '[remotes.c]\nhost = "c"\nrelay = false\n');
  const [b] = receivers;
  assert.ok(b !== undefined);
  b.lie = (words) => (words[0] === 'send' ? ['send', 'tank/nothing@there'] : words);
  const { stderr } = await expectRun(world, `push --relay -d tank/copy ${names.join(' ')}`);
  assert.match(stderr, /b did not send everything to [cde]; another host will/);
  // It fails at once, and would be free for the next one before everybody else.
  assert.equal(stderr.match(/did not send everything/g)?.length, 1, stderr);
  b.lie = undefined;
  await assertAllInSync(world, a, receivers);
  assert.deepEqual(sends.get('c'), []);
});

test('what the first host cannot send comes from this machine', async () => {
  const { world, a, receivers, sends } = makeWorld();
  for (const name of names) {
    await expectRun(world, `push -d tank/copy ${name}`);
    world.machine(name).pools.renameSnapshot('tank/copy/vm@zfs-vm:web:2', 'tank/copy/vm@mine');
  }
  addVersion(a, 'tank/vm', 'web:3');
  for (const sent of sends.values()) sent.length = 0;
  await expectRun(world, `push --relay -d tank/copy ${names.join(' ')}`);
  for (const receiver of receivers) assert.ok(describeState(receiver).includes('zfs-vm:web:3'));
});

test('a host that is not reached fails alone', async () => {
  const { world, a, receivers } = makeWorld();
  const [, c] = receivers;
  assert.ok(c !== undefined);
  c.unreachable = 'it is off';
  const { stdout } = await expectRun(world, `push --relay -d tank/copy ${names.join(' ')}`, 4);
  assert.match(stdout, /^c +0 .* failed: cannot connect to c: it is off$/m);
  c.unreachable = undefined;
  await expectRun(world, 'push --relay -d tank/copy c');
  await assertAllInSync(world, a, receivers);
});

test('what destroys or limits is refused', async () => {
  const { world } = makeWorld();
  for (const option of ['--rollback', '--replace --yes', '--delete', '--bwlimit 1M']) {
    const { stderr } = await expectRun(world, `push --relay ${option} b c`, 2);
    assert.match(stderr, /--relay and --[a-z]+ exclude each other/);
  }
});
