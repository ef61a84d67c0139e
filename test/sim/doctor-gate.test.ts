import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from './gated-host.js';
import { SimWorld } from './sim-world.js';
import { expectRun } from './steps.js';

function gatedWorld(): SimWorld {
  const world = new SimWorld();
  world.addMachine('a');
  const b = world.addMachine('b');
  b.pools.create('tank/backup');
  const policy = policyOf({ allow: new Set(['list']), roots: ['tank/backup'] });
  world.gates.set(b, { policy, log: [] });
  return world;
}

for (const isConfigured of [false, true]) {
  test(`doctor finds a gate ${isConfigured ? 'that is configured' : 'by itself'}, and looks at what it answers`, async () => {
    const world = gatedWorld();
    if (isConfigured) world.configFiles.set('config.toml', '[remotes.b]\nhost = "root@b"\ngate = true\n');
    const { stdout } = await expectRun(world, 'a', 'doctor -d tank/backup b');
    assert.match(stdout, /^note +gate +b: the key opens a gate/m);
    assert.match(stdout, /^ok +destination +tank\/backup$/m);
    assert.match(stdout, /^ok +leftovers +none$/m);
  });
}
