import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as library from '../src/index.js';
import { bringUpToDate } from './library-example.js';
import { SimWorld } from './sim/sim-world.js';
import { surround } from './tasks/sim-surroundings.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the example of docs/library.md is the one that is tried here', () => {
  const example = readFileSync(`${root}/test/library-example.ts`, 'utf8').replace(
    '../src/index.js',
    'zfs-vm',
  );
  assert.ok(readFileSync(`${root}/docs/library.md`, 'utf8').includes(`\`\`\`ts\n${example}\`\`\``));
});

test('the example pushes what there is, and tells of a conflict', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.snapshot(['tank/vm@zfs-vm:web:1']);
  a.pools.snapshot(['tank/vm@zfs-vm:web:2']);
  assert.equal(await bringUpToDate('root@b', surround(world, 'a')), 'root@b: 2 new versions');
  assert.equal(await bringUpToDate('root@b', surround(world, 'a')), 'root@b: 0 new versions');
  a.pools.snapshot(['tank/vm@zfs-vm:web:3']);
  b.pools.snapshot(['tank/vm@own']);
  assert.equal(await bringUpToDate('root@b', surround(world, 'a')), 'root@b: tank/vm: diverged');
});

test('the library has every command as a function', () => {
  const { abort, clone, copy, diff, doctor, list, prune, pull, push, status, sync, tag } = library;
  for (const task of [abort, clone, copy, diff, doctor, list, prune, pull, push, status, sync, tag]) {
    assert.equal(typeof task, 'function');
    assert.equal(task.length, 2, `${task.name} takes a request and surroundings`);
  }
});

test('without somebody who confirms, nothing that was made may be lost', async () => {
  const { confirm } = library.makeSurroundings();
  await assert.rejects(confirm([]), {
    kind: 'conflict',
    message: /nothing was destroyed, because there is no "confirm" function/,
  });
});
