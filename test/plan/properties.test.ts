import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import type { PropertyRequest } from '../../src/plan/properties.js';
import { landingOf } from '../../src/plan/stream.js';
import { world } from '../worlds.js';

/** The settings and exclusions of each chain, by its destination: `name=value`, `-name`. */
function plan(
  sender: readonly string[],
  receiver: readonly string[],
  request: Partial<PropertyRequest>,
): Record<string, string> {
  const { chains } = planTransfer({
    ...{ sender: world(...sender), receiver: world(...receiver) },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false },
    properties: { set: [], exclude: [], carried: new Map(), ...request },
  });
  return Object.fromEntries(
    chains.map(({ destination, properties: { set, exclude } }) => [
      destination,
      [...set.map(({ name, value }) => `${name}=${value}`), ...exclude.map((name) => `-${name}`)].join(' '),
    ]),
  );
}

/** `name=value` words as properties. */
function properties(text: string): { name: string; value: string }[] {
  return text.split(' ').map((word) => {
    const [name = '', value = ''] = word.split('=');
    return { name, value };
  });
}

test('what is asked for goes to new datasets and to those that get increments', () => {
  const request = { set: properties('compression=lz4'), exclude: ['quota'] };
  assert.deepEqual(plan(['tank/a: a:1 a:2', 'tank/b: b:1'], ['tank/a: a:1'], request), {
    'tank/a': 'compression=lz4 -quota',
    'tank/b': 'compression=lz4 -quota',
  });
});

test('only the first stream of a dataset has it', () => {
  const [chain] = planTransfer({
    ...{ sender: world('tank/a: a:1 a:2'), receiver: world('tank:') },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false },
    properties: { set: properties('atime=off'), exclude: [], carried: new Map() },
  }).chains;
  assert.ok(chain);
  assert.deepEqual(
    chain.steps.map((step) => landingOf(chain, [step]).properties.set.length),
    [1, 0],
  );
});

test('a volume gets nothing that only filesystems have, and the other way round', () => {
  const request = { set: properties('atime=off volthreading=off compression=lz4'), exclude: ['mountpoint'] };
  assert.deepEqual(plan(['tank/a: a:1', 'tank/v (volume): v:1'], ['tank:'], request), {
    'tank/a': 'atime=off compression=lz4 -mountpoint',
    'tank/v': 'volthreading=off compression=lz4',
  });
});

test('encryption can be chosen for a new dataset of plain data only', () => {
  const sender = ['tank/a: a:1', 'tank/b: b:1 b:2', 'tank/s (encrypted): s:1', 'tank/c < tank/a@a:1: c:1'];
  const request = { set: properties('encryption=on keyformat=raw') };
  assert.deepEqual(plan(sender, ['tank/b: b:1'], request), {
    'tank/a': 'encryption=on keyformat=raw',
    'tank/b': '',
    'tank/s': '',
    'tank/c': '',
  });
});

test('new datasets, and clones too, get what is set on the sender; others keep what they have', () => {
  const carried = new Map([
    ['tank/a', properties('recordsize=4096')],
    ['tank/b', properties('recordsize=8192 user:x=1')],
    ['tank/c', properties('recordsize=16384')],
  ]);
  const sender = ['tank/a: a:1 a:2', 'tank/b: b:1', 'tank/c < tank/a@a:1: c:1'];
  assert.deepEqual(plan(sender, ['tank/a: a:1'], { carried }), {
    'tank/a': '',
    'tank/b': 'recordsize=8192 user:x=1',
    'tank/c': 'recordsize=16384',
  });
});

test('a new dataset whose first receive was interrupted gets them with the rest', () => {
  const carried = new Map([['tank/a', properties('recordsize=4096')]]);
  assert.deepEqual(plan(['tank/a: a:1'], ['tank/a (partial a:1):'], { carried }), {
    'tank/a': 'recordsize=4096',
  });
});

test('what the person says comes before what is set on the sender', () => {
  const carried = new Map([['tank/a', properties('recordsize=4096 atime=off copies=2')]]);
  const request = { set: properties('recordsize=8192'), exclude: ['atime'], carried };
  assert.deepEqual(plan(['tank/a: a:1'], ['tank:'], request), {
    'tank/a': 'recordsize=8192 copies=2 -atime',
  });
});
