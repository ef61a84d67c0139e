import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { world } from '../worlds.js';

/** The versions that one dataset's chain brings, those in one stream together. */
function streams(sender: string, receiver = 'tank:', options: { latest?: boolean } = {}): string[] {
  const { chains } = planTransfer({
    ...{ sender: world('tank/base: base:1', sender), receiver: world('tank/base: base:1', receiver) },
    choice: { patterns: [], latest: options.latest ?? false },
    ...{ destination: undefined, rollback: false, replace: false },
  });
  const groups: string[] = [];
  for (const step of chains.flatMap(({ steps }) => steps)) {
    const version = step.to.tag?.version.text ?? '';
    if (step.kind === 'incremental' && step.sharesStream === true) {
      groups.push(`${groups.pop() ?? ''}+${version}`);
    } else {
      groups.push(version);
    }
  }
  return groups;
}

test('increments that follow each other go in one stream, after the whole content', () => {
  assert.deepEqual(streams('tank/vm: web:1 web:2 web:3 web:4'), ['1', '2+3+4']);
  assert.deepEqual(streams('tank/vm: web:1 web:2 web:3', 'tank/vm: web:1'), ['2+3']);
});

test('a snapshot that is not wanted between two versions keeps them apart', () => {
  assert.deepEqual(streams('tank/vm: web:1 web:2 web:3 @mine web:4 web:5', 'tank/vm: web:1'), [
    '2+3',
    '4',
    '5',
  ]);
  assert.deepEqual(streams('tank/vm: web:1 @mine web:2 web:3 web:4', 'tank/vm: web:1'), ['2', '3+4']);
});

test('a bookmark as the base and the first step of a clone stand alone', () => {
  assert.deepEqual(streams('tank/vm: #web:1 web:2 web:3 web:4', 'tank/vm: web:1'), ['2', '3+4']);
  assert.deepEqual(streams('tank/vm < tank/base@base:1: web:1 web:2 web:3'), ['1', '2+3']);
});

test('among many snapshots, a step less would not pay', () => {
  const many = Array.from({ length: 200 }, (_, index) => `web:${index + 1}`);
  const there = (count: number): string => `tank/vm: ${many.slice(0, count).join(' ')}`;
  assert.deepEqual(streams(there(200), there(197)), ['198', '199', '200']);
  assert.equal(streams(there(200), there(190)).length, 1);
});
