import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSources } from '../../../src/plan/sources.js';
import { findDiffering } from '../../../src/probe/questions/find-differing.js';
import { findProbes, nameReceiver } from '../../../src/probe/questions/probes.js';
import { world } from '../../worlds.js';

const everything = { patterns: [], latest: false };

test('the place where a copy belongs is asked, then those whose role says that they are, and no namesake', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const receiver = world(
    'tank/vm:',
    'tank/x/vm:',
    'tank/moved (copy of tank/vm):',
    'tank/z (copy of tank/db):',
  );
  const probes = findProbes(sources, nameReceiver(receiver.values()), 'tank/x') ?? [];
  const places = ['tank/x/vm', 'tank/moved'];
  assert.deepEqual(probes[0]?.places, places);
  assert.deepEqual(findDiffering(probes, new Map([['tank/x/vm@zfs-vm:web:1', 1n]])), places);
});

test('namesakes are asked where nothing is expected, and that they lag tells nothing', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const receiver = nameReceiver(world('tank/old/vm:', 'tank/z/vm:').values());
  const probes = findProbes(sources, receiver, 'tank/x') ?? [];
  assert.deepEqual(probes[0]?.places, ['tank/old/vm', 'tank/z/vm']);
  assert.deepEqual(findDiffering(probes, new Map()), []);
});
