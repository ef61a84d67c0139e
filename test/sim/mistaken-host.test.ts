import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun } from './steps.js';

/** a has a streamline, b nothing, and nobody knows a host that is called like the streamline. */
function makeWorld(): { world: SimWorld; b: Machine; web: Machine } {
  const world = new SimWorld();
  const [a, b, web] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('web')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  return { world, b, web };
}

for (const args of ['push web b', 'push b web', 'push --relay b web', 'plan push web b']) {
  test(`"${args}" with a streamline for a host sends nothing, and says how it is chosen`, async () => {
    const { world, b, web } = makeWorld();
    web.unreachable = 'cannot resolve host web: unknown name';
    const { stderr } = await expectRun(world, 'a', args, 2);
    assert.match(stderr, /no host web, and web is a streamline here; nothing was sent\n {2}try: .* -n web\n/);
    assert.doesNotMatch(describeState(b), /tank\/vm/);
  });
}

test('a host that is down and is called like a streamline stops no other', async () => {
  const { world, b, web } = makeWorld();
  web.unreachable = 'connection refused';
  await expectRun(world, 'a', 'push --retries 0 web b', 4);
  assert.match(describeState(b), /tank\/vm/);
});
