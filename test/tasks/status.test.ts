import assert from 'node:assert/strict';
import { test } from 'node:test';
import { push } from '../../src/tasks/transfer/push.js';
import { status } from '../../src/tasks/status/status.js';
import { describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

const config = '[remotes.near]\nhost = "b"\ndest = "tank/copy"\n[remotes.far]\nhost = "nobody@b"\n';

/** Two hosts, of which b has the first of two versions that a has. */
async function makeWorld(): Promise<SimWorld> {
  const world = new SimWorld();
  const a = world.addMachine('a');
  world.addMachine('b');
  a.pools.create('tank/web');
  addVersion(a, 'tank/web', 'web:1');
  await push({ hosts: ['near'] }, surround(world, 'a', { config }));
  addVersion(a, 'tank/web', 'web:2');
  return world;
}

test('a host is compared with this machine where the configuration has its copies, and nothing changes', async () => {
  const world = await makeWorld();
  const states = (): string[] => ['a', 'b'].map((name) => describeState(world.machine(name)));
  const before = states();
  const compared = await status({ hosts: ['near'], wantsSizes: true }, surround(world, 'a', { config }));
  assert.deepEqual(
    compared.newest.map(({ tag }) => tag.version.text),
    ['2'],
  );
  const [host] = compared.hosts;
  assert.ok(host?.kind === 'compared');
  assert.deepEqual(
    host.streamlines.map(({ newestThere, streams }) => [
      newestThere?.dataset,
      newestThere?.tag.version.text,
      streams.length,
    ]),
    [['tank/copy/web', '1', 1]],
  );
  assert.equal(compared.sizes.size, 1);
  assert.deepEqual(states(), before);
});

test('a host that can not be reached is told of in its place, and the others are compared', async () => {
  const { hosts } = await status({}, surround(await makeWorld(), 'a', { config }));
  assert.deepEqual(
    hosts.map((host) => [host.host, host.kind === 'failed' ? host.error.kind : host.kind]),
    [
      ['near', 'compared'],
      ['far', 'connection'],
    ],
  );
});

test('without hosts, and with this machine as one, there is nothing to compare', async () => {
  const world = await makeWorld();
  await assert.rejects(status({}, surround(world, 'a')), { kind: 'usage' });
  await assert.rejects(status({ hosts: ['local'] }, surround(world, 'a')), { kind: 'usage' });
});
